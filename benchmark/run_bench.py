#!/usr/bin/python3
"""Measures Gotthard against Redis, and against peers if asked to, in turns in one run.

Machines are shared and noisy, so what counts are ratios within a run: within a round every server
does the same row one after the other with the same requests, and the medians over all rounds are
compared. See README.md beside this file for how to read what it prints.

    make bench                                            everything
    make bench-quick                                      a first look
    make bench ARGS="--sections ladder --rows 'get *' --rounds 5"
    make bench PEERS="valkey=/opt/valkey-server --port {port} --save ''"
"""
import argparse
import atexit
import fnmatch
import json
import os
import platform
import signal
import sys
import time

sys.dont_write_bytecode = True  # leave no __pycache__ in the tree
import bench_floor as floor  # noqa: E402
import bench_pauses as pauses  # noqa: E402
import bench_report as report  # noqa: E402
import bench_rows as rows  # noqa: E402
import bench_speed as speed  # noqa: E402
from bench_servers import HAVE_SCHEDSTAT, CannotRun, Server, parse_peers  # noqa: E402
from bench_speed import say  # noqa: E402

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
GENERATOR = os.path.join(ROOT, "build/release/gotthard-benchmark")
DAEMON = os.path.join(ROOT, "build/release/gotthard-server")
OUT = os.path.join(ROOT, "build/bench")
QUICK_SECTIONS = ("ladder", "sizes", "mixes", "connections", "multi", "collections", "memory",
                  "pauses")


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="one short round of some rows")
    parser.add_argument("--sections", help="of " + ",".join(rows.SECTIONS) + " (all)")
    parser.add_argument("--rows", help="only rows whose names match one of these patterns, comma "
                        "separated, as 'get 50x16,set *'")
    parser.add_argument("--list", action="store_true", help="print the rows, measure nothing")
    parser.add_argument("--only", help="servers to measure, comma separated (all)")
    parser.add_argument("--rounds", type=int, help="rounds (3; quick: 1)")
    parser.add_argument("--cpu-seconds", type=float,
                        help="server CPU seconds per cell at least (1.0; quick: 0.3)")
    parser.add_argument("--keys", type=int, default=1_000_000, help="keys (1000000)")
    parser.add_argument("--out", default=OUT, metavar="DIRECTORY",
                        help="for results.json, table.txt and pictures (build/bench)")
    parser.add_argument("--no-pictures", action="store_true", help="draw nothing")
    parser.add_argument("--server", default=DAEMON, help="Gotthard's daemon")
    parser.add_argument("--generator", default=GENERATOR, help="the program that loads them")
    parser.add_argument("--redis", default="redis-server", help="the redis-server to compare with")
    parser.add_argument("--peer", action="append", default=[], metavar="NAME=COMMAND",
                        help="a further server; {port} and {dir} are filled in")
    parser.add_argument("--seed", type=int, default=1, help="of the requests' random keys (1)")
    options = parser.parse_args()
    options.rounds = options.rounds or (1 if options.quick else 3)
    options.cpu_seconds = options.cpu_seconds or (0.3 if options.quick else 1.0)
    options.big = rows.BIG // 10 if options.quick else rows.BIG
    options.key_counts = rows.KEY_COUNTS
    if not HAVE_SCHEDSTAT:
        say("no schedstat: CPU is counted in ticks of 10 ms, cells take longer")
        options.cpu_seconds = max(options.cpu_seconds, 1.5)
    known = QUICK_SECTIONS if options.quick else rows.SECTIONS
    chosen = options.sections.split(",") if options.sections else known
    if not set(chosen) <= set(rows.SECTIONS):
        parser.error(f"--sections takes some of {','.join(rows.SECTIONS)}")
    options.sections = chosen
    return options


def choose_servers(options):
    gotthard = [options.server, "--port", "{port}", "--bind", "127.0.0.1", "--save", "",
                "--maxclients", "10100", "--dir", "{dir}", "--io-threads"]
    servers = [Server("redis", [options.redis, "--port", "{port}", "--bind", "127.0.0.1", "--save",
                                "", "--appendonly", "no", "--maxclients", "10100", "--dir",
                                "{dir}"])]
    servers += [Server(f"gotthard-{n}", gotthard + [n]) for n in ("1", "auto", "2")]
    piped = ["2", "--io-threads-always-active", "yes"]
    servers.append(Server("gotthard-piped", gotthard + piped))
    # The others choose their back end; where io_uring is refused or dearer, they are on epoll, too.
    if not options.quick or options.only:
        servers += [Server(f"gotthard-epoll-{name}", gotthard + threads + ["--io-backend", "epoll"])
                    for name, threads in (("1", ["1"]), ("piped", piped))]
    for text in (os.environ.get("PEERS", ""), *options.peer):
        servers += parse_peers(text)
    for server in servers:
        server.generator = options.generator
    if options.only:
        wanted = options.only.split(",")
        unknown = set(wanted) - {s.name for s in servers}
        if unknown:
            raise CannotRun(f"--only: no server {','.join(sorted(unknown))}; there are "
                            f"{','.join(s.name for s in servers)}")
        servers = [s for s in servers if s.name in wanted]
    return servers


def selector(options):
    """Whether a row, by section and name, is to be measured."""
    patterns = options.rows.split(",") if options.rows else ["*"]

    def selected(section, name):
        return section in options.sections and any(fnmatch.fnmatchcase(name, p) for p in patterns)
    return selected


def start_all(servers, problems):
    running = []
    for server in servers:
        try:
            server.start()
            running.append(server)
            say(f"{server.name}: version {server.version()}, "
                f"{server.info('server').get('multiplexing_api')}, port {server.port}")
        except (CannotRun, OSError) as error:
            problems.append(f"left out: {error}")
    return running


def describe_machine():
    with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as info:
        models = [l.split(":", 1)[1].strip() for l in info if l.startswith("model name")]
    return {"cpu": models[0] if models else platform.machine(), "cores": os.cpu_count(),
            "kernel": platform.release(), "load": os.getloadavg()[0]}


def plan(options):
    """What is to be measured, by kind: speed rows, key counts, memory rows, pauses."""
    selected = selector(options)
    memory = [r for r in rows.memory_rows(options.keys) if selected("memory", r.name)]
    if options.quick:
        memory = [r for r in memory if r.name in rows.QUICK_MEMORY]
    return {
        "speed": [r for r in rows.speed_rows(options) if selected(r.section, r.name)],
        "keys": [r for r in rows.key_count_rows(options.key_counts)
                 if selected(r.section, r.name)],
        "floor": [r for r in floor.ROWS if selected("floor", r.name)],
        "memory": memory,
        "pauses": [n for n in (pauses.QUICK_EVENTS if options.quick else pauses.EVENTS)
                   if selected("pauses", n)],
    }


def list_rows(planned):
    for row in planned["floor"]:
        print(f"{'floor':12} {row.name:28} at most {floor.AT_MOST:g} times the responder's CPU")
    for row in planned["speed"] + planned["keys"]:
        print(f"{row.section:12} {row.name:28} share {row.share:.2f}, times {row.times:.2f}")
    for row in planned["memory"]:
        print(f"{'memory':12} {row.name:36} at most {row.at_most:g} B")
    for name in planned["pauses"]:
        print(f"{'pauses':12} {name}")


def timed(seconds, name, work):
    began = time.monotonic()
    try:
        return work()
    finally:
        seconds[name] = round(time.monotonic() - began, 1)


def measure_all(servers, planned, options, problems):
    """Every kind of row; returns the results as they go into the JSON."""
    skipped = speed.Skipped()
    seconds, cells, versions, measured = {}, [], {}, list(planned["speed"])
    running = start_all(servers, problems)
    versions = {s.name: s.version() for s in running}
    names = [s.name for s in running]
    if planned["speed"]:
        cells += timed(seconds, "speed", lambda: speed.measure_speed(
            running, planned["speed"], options, problems, skipped))
    if planned["keys"]:
        wanted = {r.name for r in planned["keys"]}
        more, rest = timed(seconds, "keys", lambda: speed.measure_key_counts(
            running, options, problems, skipped, lambda r: r.name in wanted))
        cells, measured = cells + more, measured + rest
    for server in running:
        for needs in [r.needs for r in planned["memory"]] + [
                pauses.EVENTS[n][1] for n in planned["pauses"]]:
            server.has(*needs)  # asked now, remembered for when it is down
        server.stop()
    large = timed(seconds, "floor", lambda: floor.measure_floor(
        running, planned["floor"], options, problems, skipped, say))
    memory = timed(seconds, "memory", lambda: speed.measure_memory(
        running, planned["memory"], options, problems, skipped))
    pause_results = timed(seconds, "pauses", lambda: pauses.measure_pauses(
        running, planned["pauses"], options, problems, skipped))
    summary = report.summarise(cells)
    report.judge_speed(summary, measured)
    execution = report.judge_execution(summary)
    report.judge_memory(memory)
    text = (report.speed_tables(summary, measured, names) +
            report.thread_table(summary, names) + report.execution_table(execution) +
            report.projection_table(execution) + report.floor_table(large) +
            report.memory_table(memory, names) + report.pause_table(pause_results))
    judged = [(c["section"], c["row"], c["server"], c["verdict"])
              for c in summary.values() if "verdict" in c]
    judged += [("execution", e["row"], rows.PIPED, e["verdict"]) for e in execution]
    judged += [("floor", f["row"], f["server"], f["verdict"]) for f in large]
    judged += [("memory", m["row"], m["server"], m["verdict"]) for m in memory if "verdict" in m]
    judged += [("pauses", p["row"], p["server"], p["verdict"]) for p in pause_results
               if p["verdict"]]
    text += report.totals(judged, skipped.rows)
    return {"versions": versions, "speed": list(summary.values()), "execution": execution,
            "floor": large, "memory": memory, "pauses": pause_results, "rounds": cells,
            "seconds": seconds, "not_measured": skipped.rows}, text


def run(options, problems):
    if not os.path.exists(options.generator):
        raise CannotRun(f"{options.generator} is not there: make all")
    planned = plan(options)
    if options.list:
        list_rows(planned)
        return
    servers = choose_servers(options)
    atexit.register(lambda: [s.stop() for s in servers])
    machine = describe_machine()
    began = time.monotonic()
    results, text = measure_all(servers, planned, options, problems)
    took = time.monotonic() - began
    head = [f"{machine['cores']} cores, {machine['cpu']}, load {machine['load']:.1f} at the start; "
            f"{options.rounds} round(s), medians; {options.keys} keys",
            "servers: " + ", ".join(f"{n} {v}" for n, v in results["versions"].items())]
    tail = [f"took {took / 60:.1f} minutes: " + ", ".join(
        f"{name} {s:.0f} s" for name, s in results["seconds"].items() if s >= 1)]
    os.makedirs(options.out, exist_ok=True)
    results.update(machine=machine, took_s=round(took, 1), problems=problems)
    with open(os.path.join(options.out, "results.json"), "w", encoding="utf-8") as out:
        json.dump(results, out, indent=1)
    with open(os.path.join(options.out, "table.txt"), "w", encoding="utf-8") as out:
        print("\n".join(head + text + tail), file=out)
    print("\n".join(head + text + tail))
    written = []
    if not options.no_pictures:
        import bench_pictures  # only here: measuring works without matplotlib
        written = bench_pictures.draw_all(results, options.out)
    print(f"{os.path.relpath(options.out)}: results.json, table.txt" +
          "".join(", " + os.path.basename(w) for w in written))


def main():
    options = parse_arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # runs atexit: no server stays behind
    problems = speed.Problems()
    try:
        run(options, problems)
    except (CannotRun, OSError, ImportError) as error:
        problems.append(str(error))
    except KeyboardInterrupt:
        problems.append("interrupted")
    for problem in problems:
        print(f"could not run: {problem}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
