"""Large values beside the responder (responder/responder.cc), which stores nothing: what a server
spends on a byte beyond what the kernel takes for it.

Server and generator each have a core of their own, where there are two: which of them shares caches
with whom would otherwise decide. The responder has as many buffers as there are keys, so that both
copy to and from memory that is equally far away.
"""
import contextlib
import os
import statistics

from bench_load import load_data, measure
from bench_rows import Data, Row, preload
from bench_servers import CannotRun, Server

SIZE = 1 << 20
KEYS = (2, 64)  # in the second-level cache, and in memory
AT_MOST = 1.2  # times the responder's CPU per byte
ROWS = [Row("floor", f"{op} 1 MB of {keys} keys 4x1", "", ["-t", op, "-d", str(SIZE)], "4x1",
            numbers={"keys": keys})
        for keys in KEYS for op in ("get", "set")]


@contextlib.contextmanager
def on_core(index):
    """What is started meanwhile runs on one of the cores; this process, too."""
    allowed = os.sched_getaffinity(0)
    if len(allowed) > 1:
        os.sched_setaffinity(0, {sorted(allowed)[index]})
    try:
        yield
    finally:
        os.sched_setaffinity(0, allowed)


def measure_keys(server, keys, chosen, options, say):
    """{row: [ns per byte, a figure for each round]} of one server for that many keys."""
    responder = Server("responder", [
        os.path.join(os.path.dirname(options.generator), "gotthard-responder"), str(SIZE),
        str(keys), "{port}"])
    responder.generator = options.generator
    data = Data([preload(keys, options=("-d", str(SIZE)))], keys=str(keys))
    found = {}
    pair = (responder, server)
    try:
        with on_core(0):
            for each in pair:
                each.start()
        with on_core(-1):
            for each in pair:
                load_data(each, data, options)
            for round_number in range(options.rounds):
                for row in chosen:
                    for each in pair if round_number % 2 == 0 else pair[::-1]:
                        cell = measure(each, row, data, options, round_number)
                        ns = cell["cpu_us"] * 1000 / SIZE
                        found.setdefault((row.name, each.name), []).append(ns)
                        say(f"round {round_number + 1}/{options.rounds}  {row.name:26} "
                            f"{each.name:14} {ns:9.4f} ns/byte")
    finally:
        for each in pair:
            each.stop()
    return found


def measure_floor(servers, chosen, options, problems, skipped, say):
    results = []
    server = next((s for s in servers if s.name == "gotthard-1"), None)
    if server is None:
        for row in chosen:
            skipped.add("floor", row.name, "gotthard-1 does not take part")
        return results
    for keys in KEYS:
        wanted = [r for r in chosen if r.numbers["keys"] == keys]
        if not wanted:
            continue
        try:
            found = measure_keys(server, keys, wanted, options, say)
        except (CannotRun, OSError) as error:
            problems.append(f"floor, {keys} keys: {error}")
            continue
        for row in wanted:
            ours, floor = (statistics.median(found[row.name, name])
                           for name in (server.name, "responder"))
            results.append({"row": row.name, "server": server.name, "ns_per_byte": ours,
                            "responder_ns_per_byte": floor, "share": ours / floor,
                            "at_most": AT_MOST,
                            "verdict": "reached" if ours <= AT_MOST * floor else "misses"})
    return results
