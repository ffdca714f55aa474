#!/usr/bin/env python3
"""The bench runner measures, judges and tells. Prints `N passed, N failed` last.

The figures of so short a run mean nothing and are not looked at; that they are there, for every
server and row asked for, with a verdict each, is.
"""
import json
import os
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SERVER = os.environ.get("GOTTHARD_SERVER", os.path.join(ROOT, "build/debug/gotthard-server"))
GENERATOR = os.path.join(os.path.dirname(SERVER), "gotthard-benchmark")
RUNNER = os.path.join(ROOT, "benchmark/run_bench.py")
LIMIT_SECONDS = 300


def run_bench(*words, peers=""):
    return subprocess.run(
        [sys.executable, RUNNER, "--server", SERVER, "--generator", GENERATOR, *words],
        capture_output=True, text=True, timeout=LIMIT_SECONDS, check=False,
        env={**os.environ, "PEERS": peers})


def check_list():
    """--list names rows of every section"""
    done = run_bench("--list")
    sections = {line.split()[0] for line in done.stdout.splitlines()}
    wanted = {"ladder", "sizes", "mixes", "connections", "multi", "keys", "collections", "heavy",
              "floor", "memory", "pauses"}
    return done.returncode == 0 and sections == wanted, done


def check_measured():
    """rows are measured on ours, Redis and a peer, judged, and written as table and JSON"""
    with tempfile.TemporaryDirectory() as out:
        done = run_bench(
            "--quick", "--no-pictures", "--sections", "ladder,memory", "--rows",
            "get 10x100,incr 50x16,string?*32 B value", "--only",
            "redis,gotthard-1,gotthard-piped,twin",
            "--keys", "2000", "--cpu-seconds", "0.02", "--out", out,
            peers="twin=redis-server --port {port} --save '' --dir {dir}")
        if done.returncode != 0:
            return False, done
        with open(os.path.join(out, "results.json"), encoding="utf-8") as source:
            results = json.load(source)
        with open(os.path.join(out, "table.txt"), encoding="utf-8") as source:
            table = source.read()
    servers = {"redis", "gotthard-1", "gotthard-piped", "twin"}
    cells = {(c["row"], c["server"]): c for c in results["speed"]}
    good = set(cells) == {(row, s) for row in ("get 10x100", "incr 50x16") for s in servers}
    good = good and all(c["rps"] > 0 and c["cpu_us"] > 0 for c in cells.values())
    good = good and all(("verdict" in c) == (s == "gotthard-1")
                        for (_, s), c in cells.items())
    good = good and {m["server"] for m in results["memory"]} == servers
    good = good and [e["row"] for e in results["execution"]] == ["get 10x100"]
    return good and "targets reached" in table and table in done.stdout, done


def check_missing():
    """a server that does not start is told, the others are measured, and the exit status says so"""
    with tempfile.TemporaryDirectory() as out:
        done = run_bench("--redis", "/does/not/exist", "--quick", "--no-pictures", "--sections",
                         "ladder", "--rows", "get 10x100", "--only", "redis,gotthard-1", "--keys",
                         "1000", "--cpu-seconds", "0.02", "--out", out)
    told = "could not run: left out: redis: /does/not/exist: No such file" in done.stdout
    return done.returncode == 1 and told and "gotthard-1" in done.stdout, done


def check_mistakes():
    """an unknown section or server is refused"""
    section = run_bench("--sections", "nonsense")
    server = run_bench("--only", "nonsense")
    good = section.returncode == 2 and "ladder" in section.stderr
    return good and server.returncode == 1 and "gotthard-auto" in server.stdout, server


def main():
    passed = failed = 0
    for check in (check_list, check_measured, check_missing, check_mistakes):
        good, done = check()
        if good:
            passed += 1
        else:
            failed += 1
            print(f"FAILED {check.__doc__}\n{done.stdout}\n{done.stderr}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
