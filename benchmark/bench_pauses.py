"""Pauses: one client that asks 500 times a second, on schedule, while something big goes on.

Each row starts a server of its own, puts data into it, starts the asking client (open loop: latency
counts from when a question was due), lets the big thing happen and measures until it is over.
Gotthard's verdict comes from its own clock: INFO's turn_usec_max is the longest piece of work that
the execution thread did without looking at its sockets. That is time by the wall, so run as root if
you can: server and asking client are then given priority over whoever makes the load, and neither
figure holds their waiting for one of two cores.

  row                 what happens                                 Gotthard must reach
  growth              keys inserted, pipelines of 50               longest turn 1 ms
  expiry storm        all keys expire within the same second       longest turn 1 ms, gone in 5 s
  FLUSHALL ASYNC      of all keys                                  longest turn 1 ms
  DEL huge            of a set                                     longest turn 1 ms
  deep neighbour      a pipeline of 20,000 beside the client       the client's p99 2 ms
  idle connections    10,000 that never ask                        2,048 B resident each
  many connections    10,000, 500 new ones a second, all asking    no error, none lost
"""
import time
from dataclasses import dataclass

from bench_load import Background, generate
from bench_rows import BASELINE, preload
from bench_servers import CannotRun, prefer
from bench_speed import lacking, say, takes_part

PROBE = ["-c", "1", "--rate", "500", "--duration", "280", "--timeline", "50", "-r", "1000", "get",
         "probe:__rand_int__"]
MAX_TURN_US = 1000.0
STORM_SECONDS = 5.0
NEIGHBOUR_P99_MS = 2.0
IDLE_BYTES = 2048
EVENT_SECONDS = 120


@dataclass
class Sizes:
    """How big the big things are: (full, quick)."""
    keys: int
    storm: int
    flush: int
    members: int
    connections: int
    ramp: int


FULL = Sizes(10_000_000, 1_000_000, 5_000_000, 10_000_000, 10_000, 500)
QUICK = Sizes(1_000_000, 200_000, 500_000, 500_000, 2_000, 1_000)


def probed(server, event, before_s=0.5, after_s=1.0):
    """Runs the event beside the asking client; what that client saw, and the server's turns."""
    server.ask("CONFIG", "RESETSTAT")
    probe = Background(server, *PROBE)
    prefer(probe.process.pid, at_once=True)
    try:
        time.sleep(before_s)  # what it is like without the event
        began = time.monotonic()
        event()
        took = time.monotonic() - began
        time.sleep(after_s)
        test = probe.finish()
    finally:
        probe.abandon()
    latency = test["latency"]
    turn = server.info("all").get("turn_usec_max")
    return {"p50_ms": latency["p50_ns"] / 1e6, "p99_ms": latency["p99_ns"] / 1e6,
            "p99_9_ms": latency["p99_9_ns"] / 1e6, "longest_ms": latency["max_ns"] / 1e6,
            "turn_us": float(turn) if turn else None, "took_s": took,
            "timeline": test["timeline"], "lost": test["lost"]}


def judge_turn(result):
    if result["turn_us"] is None:
        return None
    return "reached" if result["turn_us"] <= MAX_TURN_US else "misses longest turn"


def growth(server, sizes):
    result = probed(server, lambda: generate(
        server, "--preload", str(sizes.keys), "-P", "50", "-c", "4", "-d", "32", "-q"))
    return result, judge_turn(result), f"{sizes.keys} keys; longest turn 1 ms"


def expiry_storm(server, sizes):
    # Far enough away that the keys are there before they expire.
    at_ms = int((time.time() + 3 + sizes.storm / 150_000) * 1000)
    generate(server, *preload(sizes.storm, "set", "__key__", "__data__", "pxat", str(at_ms),
                              options=("-d", "32")))
    loaded = server.ask("DBSIZE")
    if loaded != sizes.storm:
        raise CannotRun(f"{server.name}: only {loaded} keys were loaded before they expired")
    left = []

    def event():
        time.sleep(max(0.0, at_ms / 1000 - time.time()))
        began = time.monotonic()
        while server.ask("DBSIZE") > 0 and time.monotonic() - began < EVENT_SECONDS:
            time.sleep(0.05)
        left.append(time.monotonic() - began)

    result = probed(server, event)
    result["gone_s"] = left[0]
    verdict = judge_turn(result)
    if verdict == "reached" and left[0] > STORM_SECONDS:
        verdict = "misses time"
    return result, verdict, f"{sizes.storm} keys; longest turn 1 ms, gone in {STORM_SECONDS:.0f} s"


def flush_async(server, sizes):
    generate(server, *preload(sizes.flush, options=("-d", "32")))
    result = probed(server, lambda: server.ask("FLUSHALL", "ASYNC"), after_s=2.0)
    return result, judge_turn(result), f"{sizes.flush} keys; longest turn 1 ms"


def del_huge(server, sizes):
    generate(server, *preload(sizes.members, "sadd", "huge", "member:__rand_int__"))
    result = probed(server, lambda: server.ask("DEL", "huge"), after_s=2.0)
    return result, judge_turn(result), f"a set of {sizes.members}; longest turn 1 ms"


def deep_neighbour(server, sizes):
    generate(server, *preload(min(sizes.keys, 1_000_000), options=("-d", "32")))
    deep = Background(server, "-c", "1", "-P", "20000", "-r", "1000000", "-t", "get", "--duration",
                      "280")
    try:
        result = probed(server, lambda: time.sleep(3), after_s=0)
        result["neighbour_rps"] = deep.finish()["rps"]
    finally:
        deep.abandon()
    verdict = "reached" if result["p99_ms"] <= NEIGHBOUR_P99_MS else "misses p99"
    return result, verdict, f"p99 {NEIGHBOUR_P99_MS:.0f} ms"


def idle_connections(server, sizes):
    before = server.resident_bytes()
    idle = Background(server, "-I", "-c", str(sizes.connections), "--ramp", "4000")
    try:
        until = time.monotonic() + EVENT_SECONDS
        while int(server.info("clients")["connected_clients"]) < sizes.connections:
            if time.monotonic() > until or idle.process.poll() is not None:
                raise CannotRun(f"{server.name}: {sizes.connections} connections did not stand")
            time.sleep(0.1)
        each = (server.resident_bytes() - before) / sizes.connections
    finally:
        idle.abandon()
    verdict = "reached" if each <= IDLE_BYTES else "misses bytes"
    return {"bytes_each": each}, verdict, f"{IDLE_BYTES} B each"


def many_connections(server, sizes):
    seconds = sizes.connections / sizes.ramp + 3
    test = Background(server, "-c", str(sizes.connections), "--ramp", str(sizes.ramp), "--ratio",
                      "1:10", "-r", "1000", "--duration", f"{seconds:.0f}").finish(stop=False)
    faults = test["errors"] + test["lost"]
    result = {"p99_ms": test["latency"]["p99_ns"] / 1e6, "rps": test["rps"], "faults": faults,
              "longest_ms": test["latency"]["max_ns"] / 1e6}
    return result, "reached" if faults == 0 else "misses: errors", "no error, none lost"


QUICK_EVENTS = ("growth", "expiry storm", "deep neighbour", "many connections")
EVENTS = {
    "growth": (growth, ()),
    "expiry storm": (expiry_storm, ()),
    "FLUSHALL ASYNC": (flush_async, ()),
    "DEL huge": (del_huge, ("sadd",)),
    "deep neighbour": (deep_neighbour, ()),
    "idle connections": (idle_connections, ()),
    "many connections": (many_connections, ()),
}


def measure_pauses(servers, names, options, problems, skipped):
    sizes = QUICK if options.quick else FULL
    results = []
    for name in names:
        event, needs = EVENTS[name]
        wanted = (BASELINE, "gotthard-1") + (() if options.quick else ("gotthard-auto",))
        taking = [s for s in servers if takes_part(s, wanted, options)]
        reason = lacking(taking, needs)
        if reason:
            skipped.add("pauses", name, reason)
            continue
        for server in taking:
            if server.name == "gotthard-auto" and name in ("FLUSHALL ASYNC", "DEL huge"):
                continue  # the same thread does the same work
            try:
                server.start()
                prefer(server.process.pid)
                result, verdict, target = event(server, sizes)
            except (CannotRun, OSError, LookupError) as error:
                problems.append(f"{name}: {error}")
                continue
            finally:
                server.stop()
            ours = server.name.startswith("gotthard")
            results.append({"row": name, "server": server.name, "target": target,
                            "verdict": verdict if ours else None, **result})
            say(f"pauses  {name:18} {server.name:14} " + ", ".join(
                f"{k} {v:.3g}" for k, v in result.items() if isinstance(v, (int, float))))
    return results
