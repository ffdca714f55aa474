#!/usr/bin/python3
"""Measures Gotthard against Redis, and against peers if asked to, in turns in one run.

Machines are shared and noisy, so what counts are ratios within a run: within a round every server
does the same cell (operation, connections x depth) one after the other with the same requests, and
the medians over all rounds are compared. See README.md beside this file for how to read the tables.

    make bench                                      everything, about half an hour
    make bench ARGS=--quick                         a first look, within 3 minutes
    make bench ARGS="--ops get --rows 50x16,10x100 --rounds 5"
    make bench PEERS="valkey=/opt/valkey-server --port {port} --save ''"
"""
import argparse
import atexit
import json
import os
import platform
import signal
import subprocess
import sys
import time

sys.dont_write_bytecode = True  # leave no __pycache__ in the tree
import bench_report as report  # noqa: E402
from bench_servers import (HAVE_SCHEDSTAT, CannotRun, Server, cpu_between,  # noqa: E402
                           parse_peers)

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
GENERATOR = os.path.join(ROOT, "build/release/gotthard-benchmark")
DAEMON = os.path.join(ROOT, "build/release/gotthard-server")
# What each operation sends, and the keys that must be there before.
OPS = {
    "get": {"keys": "values", "args": ["-t", "get"]},
    "set": {"keys": "values", "args": ["-t", "set"]},
    "incr": {"keys": "numbers", "args": ["incr", "__key__"]},
}
KEY_SETS = {"values": ["-d", "32"], "numbers": ["-d", "8", "--numbers"]}
GENERATOR_SECONDS = 300
MAX_TRIES = 4  # runs of one cell until the server has used enough CPU


def say(text):
    print(text, file=sys.stderr, flush=True)


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="one short round, within 3 minutes")
    parser.add_argument("--only", help="servers to measure, comma separated (all)")
    parser.add_argument("--rows", help="of " + ",".join(report.LADDER) + " (all)")
    parser.add_argument("--ops", help="of get,set,incr,memory (all)")
    parser.add_argument("--rounds", type=int, help="rounds (3; quick: 1)")
    parser.add_argument("--cpu-seconds", type=float,
                        help="server CPU seconds per cell at least (1.5; quick: 0.4)")
    parser.add_argument("--keys", type=int, default=1_000_000, help="keys (1000000)")
    parser.add_argument("--json", metavar="FILE", help="write all figures there")
    parser.add_argument("--server", default=DAEMON, help="Gotthard's daemon")
    parser.add_argument("--redis", default="redis-server", help="the redis-server to compare with")
    parser.add_argument("--peer", action="append", default=[], metavar="NAME=COMMAND",
                        help="a further server; {port} and {dir} are filled in")
    parser.add_argument("--seed", type=int, default=1, help="of the requests' random keys (1)")
    options = parser.parse_args()
    options.rounds = options.rounds or (1 if options.quick else 3)
    options.cpu_seconds = options.cpu_seconds or (0.4 if options.quick else 1.5)
    if not HAVE_SCHEDSTAT:
        say("no schedstat: CPU is counted in ticks of 10 ms, cells take longer")
        options.cpu_seconds = max(options.cpu_seconds, 1.5)
    for name, known in (("rows", list(report.LADDER)), ("ops", [*OPS, "memory"])):
        text = getattr(options, name)
        chosen = text.split(",") if text else known
        if not set(chosen) <= set(known):
            parser.error(f"--{name} takes some of {','.join(known)}")
        setattr(options, name, chosen)
    return options


def choose_servers(options):
    gotthard = [options.server, "--port", "{port}", "--bind", "127.0.0.1", "--save", "",
                "--io-threads"]
    servers = [Server("redis", [options.redis, "--port", "{port}", "--bind", "127.0.0.1", "--save",
                                "", "--appendonly", "no", "--dir", "{dir}"])]
    servers += [Server(f"gotthard-{n}", gotthard + [n]) for n in ("1", "auto", "2")]
    servers += parse_peers(os.environ.get("PEERS", ""))
    for peer in options.peer:
        servers += parse_peers(peer)
    if options.only:
        wanted = options.only.split(",")
        unknown = set(wanted) - {s.name for s in servers}
        if unknown:
            raise CannotRun(f"--only: no server {','.join(sorted(unknown))}; there are "
                            f"{','.join(s.name for s in servers)}")
        servers = [s for s in servers if s.name in wanted]
    return servers


def generate(server, *words):
    """Runs the generator against the server and returns its stdout."""
    command = [GENERATOR, "-p", str(server.port), *words]
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              check=False, timeout=GENERATOR_SECONDS)
    except subprocess.TimeoutExpired as error:
        raise CannotRun(f"{server.name}: {' '.join(command)}: no end in "
                        f"{GENERATOR_SECONDS} s") from error
    if done.returncode != 0:
        raise CannotRun(f"{server.name}: {' '.join(command)}: {done.stderr.strip()}")
    return done.stdout


def preload(server, options, data):
    server.ask("FLUSHALL")
    generate(server, "--preload", str(options.keys), "-q", "--seed", str(options.seed), *data)


def measure_once(server, options, op, row, seconds, seed):
    connections, depth = row.split("x")
    before = server.thread_cpu_ns()
    out = generate(server, "--json", "--seed", str(seed), "-c", connections, "-P", depth, "-r",
                   str(options.keys), "-d", "32", "--duration", f"{seconds:.2f}",
                   *OPS[op]["args"])
    spent = cpu_between(before, server.thread_cpu_ns())
    return json.loads(out)["tests"][0], spent


def measure(server, options, op, row, round_number):
    """One cell: runs until the server has used enough CPU for a steady figure."""
    spent, requests, seconds, generator, tests = {}, 0, 0.0, 0.0, []
    for attempt in range(MAX_TRIES):
        missing = options.cpu_seconds - sum(spent.values()) / 1e9
        test, used = measure_once(server, options, op, row, max(missing * 1.2, 0.2),
                                  options.seed + 1000 * round_number + attempt)
        if test["errors"] or test["lost"] or (op == "get" and test["nulls"]):
            raise CannotRun(f"{server.name} {op} {row}: {test['errors']} errors, "
                            f"{test['nulls']} misses, {test['lost']} lost")
        tests.append(test)
        requests += test["requests"]
        seconds += test["seconds"]
        generator += test["generator_cpu_us_per_request"] * test["requests"]
        for name, ns in used.items():
            spent[name] = spent.get(name, 0) + ns
        if sum(spent.values()) >= options.cpu_seconds * 0.95e9:
            break
    return {
        "op": op, "row": row, "server": server.name, "round": round_number, "requests": requests,
        "rps": requests / seconds, "cpu_us": sum(spent.values()) / 1e3 / requests,
        "p50_ns": report.median([t["latency"]["p50_ns"] for t in tests]),
        "p99_ns": report.median([t["latency"]["p99_ns"] for t in tests]),
        "generator_us": generator / requests,
        "threads_us": {name: ns / 1e3 / requests for name, ns in spent.items()},
        "threads_busy": {name: ns / 1e9 / seconds for name, ns in spent.items()},
    }


def try_measure(server, options, op, row, round_number, problems):
    """The cell, or None with a problem noted."""
    try:
        cell = measure(server, options, op, row, round_number)
    except (CannotRun, OSError) as error:
        problems.append(f"{server.name} {op} {row}: {error}")
        say(problems[-1])
        return None
    say(f"round {round_number + 1}/{options.rounds}  {op:4} {row:8} {server.name:14} "
        f"{cell['cpu_us']:8.3f} us/req {cell['rps'] / 1000:8.0f} K/s")
    return cell


def measure_speed(running, options, problems):
    """All rounds of all cells, grouped by the keys they need. A server that fails a cell is left
    out from there on, the others go on."""
    servers = list(running)
    cells = []
    for key_set, data in KEY_SETS.items():
        ops = [op for op in options.ops if op in OPS and OPS[op]["keys"] == key_set]
        if not ops:
            continue
        for server in list(servers):
            try:
                preload(server, options, data)
            except (CannotRun, OSError) as error:
                problems.append(str(error))
                servers.remove(server)
        for round_number in range(options.rounds):
            if not servers:
                return cells
            # Each round begins with another server, so that no one always follows the same.
            first = round_number % len(servers)
            turn = servers[first:] + servers[:first]
            for op in ops:
                for row in options.rows:
                    for server in [s for s in turn if s in servers]:
                        cell = try_measure(server, options, op, row, round_number, problems)
                        if cell is None:
                            servers.remove(server)
                        else:
                            cells.append(cell)
    return cells


def measure_memory(servers, options, problems):
    """Each row in a fresh process, so that no allocator hands on what another row left."""
    if "memory" not in options.ops:
        return []
    rows = []
    for row, (_, data) in report.MEMORY.items():
        for server in servers:
            if options.quick and server.name.startswith("gotthard") and server.name != "gotthard-1":
                continue  # the variants share one store
            try:
                server.start()
                before = server.resident_bytes()
                preload(server, options, data)
                rss = (server.resident_bytes() - before) / options.keys
            except (CannotRun, OSError) as error:
                problems.append(f"memory, {row}: {error}")
                continue
            finally:
                server.stop()
            rows.append({"row": row, "server": server.name, "bytes_per_key": rss})
            say(f"memory  {row:24} {server.name:14} {rss:8.1f} B/key")
    return rows


def start_all(servers, problems):
    running = []
    for server in servers:
        try:
            server.start()
            running.append(server)
            say(f"{server.name}: version {server.version()}, port {server.port}")
        except (CannotRun, OSError) as error:
            problems.append(str(error))
            say(f"left out: {error}")
    return running


def describe_machine():
    with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as info:
        models = [l.split(":", 1)[1].strip() for l in info if l.startswith("model name")]
    return {"cpu": models[0] if models else platform.machine(), "cores": os.cpu_count(),
            "kernel": platform.release(), "load": os.getloadavg()[0]}


def run(options, problems):
    if not os.path.exists(GENERATOR):
        raise CannotRun(f"{GENERATOR} is not there: make all")
    servers = choose_servers(options)
    atexit.register(lambda: [s.stop() for s in servers])
    machine = describe_machine()
    began = time.time()
    running = start_all(servers, problems)
    versions = {s.name: s.version() for s in running}
    cells = measure_speed(running, options, problems) if running else []
    for server in running:
        server.stop()
    memory = measure_memory(running, options, problems)
    summary = report.summarise(cells)
    report.judge_speed(summary)
    execution = report.judge_execution(summary)
    report.judge_memory(memory)
    names = [s.name for s in running]
    print(f"{machine['cores']} cores, {machine['cpu']}, load {machine['load']:.1f} at the start; "
          f"{options.rounds} round(s), medians; {options.keys} keys")
    print("servers: " + ", ".join(f"{n} {v}" for n, v in versions.items()))
    ops = [op for op in options.ops if op in OPS]
    for line in (report.speed_tables(summary, names, ops, options.rows) +
                 report.execution_table(execution) + report.memory_table(memory, names)):
        print(line)
    if options.json:
        with open(options.json, "w", encoding="utf-8") as out:
            json.dump({"machine": machine, "versions": versions, "seconds": time.time() - began,
                       "speed": list(summary.values()), "execution": execution, "memory": memory,
                       "rounds": cells, "problems": problems}, out, indent=1)


def main():
    options = parse_arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # runs atexit: no server stays behind
    problems = []
    try:
        run(options, problems)
    except (CannotRun, OSError) as error:
        problems.append(str(error))
    except KeyboardInterrupt:
        problems.append("interrupted")
    for problem in problems:
        print(f"could not run: {problem}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
