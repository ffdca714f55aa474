#!/usr/bin/python3
"""Runs Redis's own Tcl test suite against this server, unit by unit. See README.md beside it."""

import argparse
import concurrent.futures
import json
import os
import re
import shutil
import signal
import sys
import tempfile

sys.dont_write_bytecode = True
import suite_tree  # noqa: E402
import unit_run  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))


def fail(text):
    sys.exit(f"compat: {text}")


def read_units(path):
    """The unit names of a units file: one a line, # starts a comment."""
    with open(path, encoding="utf-8") as f:
        lines = [line.split("#")[0].strip() for line in f]
    return [line for line in lines if line]


class Skips:
    """What skips.txt says about one unit: test names (or /regex) and tags of the suite."""

    def __init__(self):
        self.names = []
        self.tags = []

    def covers(self, test):
        return any(re.search(name[1:], test) if name.startswith("/") else name == test
                   for name in self.names)


def read_skips(path):
    """unit -> Skips. Form of the file: see its head."""
    skips, unit, reason = {}, None, None
    with open(path, encoding="utf-8") as f:
        for number, line in enumerate(f, 1):
            line = line.rstrip("\n")
            if not line.strip() or line.startswith("#"):
                continue
            if line.startswith("[") and line.endswith("]"):
                unit, reason = line[1:-1], None
            elif line.startswith("reason: "):
                reason = line[len("reason: "):]
            elif not line.startswith("  ") or unit is None or reason is None:
                fail(f"{path}:{number}: a skip needs a [unit] and a reason above it, and two "
                     f"spaces before the name: {line}")
            elif line.startswith("  tag: "):
                skips.setdefault(unit, Skips()).tags.append(line[len("  tag: "):])
            else:
                skips.setdefault(unit, Skips()).names.append(line[2:])
    return skips


def full_unit_name(tree, unit):
    for name in (unit, "unit/" + unit):
        if os.path.isfile(os.path.join(tree, "tests", name + ".tcl")):
            return name
    fail(f"the suite has no unit {unit}")


def parse_args():
    p = argparse.ArgumentParser(description="Redis's Tcl test suite against this server.")
    p.add_argument("--suite", required=True, help="a Redis 7.2 source tree; it is only read")
    p.add_argument("--server", help="the daemon under test")
    p.add_argument("--external", metavar="HOST:PORT", help="test a server that runs already")
    p.add_argument("--units", help="a,b,c; default: those of units.txt")
    p.add_argument("--jobs", type=int, default=1, help="units at a time (default 1)")
    p.add_argument("--log", help="folder for logs (default: a temporary one, named at the end)")
    p.add_argument("--json", metavar="FILE", help="write every test's result there")
    p.add_argument("--baseline", metavar="FILE",
                   help="a --json file of stock Redis: name the tests that were not reached")
    p.add_argument("--no-skips", action="store_true", help="run what skips.txt lists, too")
    p.add_argument("--hang", type=float, default=90, metavar="S",
                   help="seconds without a sign of life that count as hung (default 90)")
    p.add_argument("--rounds", type=int, default=25,
                   help="times a unit may start again without a test that hung or killed the "
                        "server (default 25)")
    p.add_argument("--only", action="append", default=[], metavar="TEST",
                   help="only tests of this name or /regex")
    p.add_argument("--keep", action="store_true",
                   help="keep the copy of the tree with each server's files")
    args = p.parse_args()
    if bool(args.server) == bool(args.external):
        p.error("give one of --server and --external")
    if args.server and not os.access(args.server, os.X_OK):
        p.error(f"{args.server} is not a program")
    return args


def suite_args(args):
    extra = []
    if args.external:
        host, _, port = args.external.rpartition(":")
        extra += ["--host", host, "--port", port]
    for name in args.only:
        extra += ["--only", name]
    return extra


def report(unit, out, skips, not_reached):
    print(f"{unit}: {len(out.passed)} passed, {len(out.failed)} failed, "
          f"{len(out.skipped) + len(out.filtered)} skipped ({out.seconds:.0f} s"
          + (f", {out.rounds} rounds" if out.rounds > 1 else "") + ")")
    for name, error in out.failed:
        first = error.strip().splitlines()[0] if error.strip() else ""
        print(f"  FAILED {name}: {first[:300]}")
    for name in not_reached:
        print(f"  NOT REACHED {name}")
    for name in skips.names:
        if not (name.startswith("/") or name in out.skipped or skips.tags or out.failed):
            print(f"  note: skips.txt lists a test that did not come up: {name}")
    sys.stdout.flush()


def write_errors(log_dir, unit, out):
    path = os.path.join(log_dir, unit.replace("/", "_") + ".failed")
    with open(path, "w", encoding="utf-8") as f:
        for name, error in out.failed:
            f.write(f"{name}\n    " + error.strip().replace("\n", "\n    ") + "\n\n")


def as_json(out):
    return {"passed": out.passed, "failed": dict(out.failed), "skipped": out.skipped,
            "filtered": out.filtered, "seconds": round(out.seconds, 1)}


def run_units(args, tree, log_dir):
    """Runs everything asked for. Returns (unit -> Outcome, names not reached)."""
    names = args.units.split(",") if args.units else read_units(os.path.join(HERE, "units.txt"))
    units = [full_unit_name(tree, unit) for unit in names]
    listed = {} if args.no_skips else read_skips(os.path.join(HERE, "skips.txt"))
    skips = {unit: listed.get(unit, Skips()) for unit in units}
    baseline = {}
    if args.baseline:
        with open(args.baseline, encoding="utf-8") as f:
            baseline = json.load(f)
    runner = unit_run.UnitRunner(tree, log_dir, args.hang, args.rounds, suite_args(args))
    results, lost = {}, []
    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        jobs = {pool.submit(runner.run, u, skips[u].names, skips[u].tags): u for u in units}
        try:
            for job in concurrent.futures.as_completed(jobs):
                unit, out = jobs[job], job.result()
                known = baseline.get(unit, {}).get("passed", [])
                not_reached = [name for name in known
                               if name not in out.names() and not skips[unit].covers(name)]
                report(unit, out, skips[unit], not_reached)
                write_errors(log_dir, unit, out)
                results[unit] = out
                lost += not_reached
        finally:
            runner.stop()
    return {unit: results[unit] for unit in units}, lost


def main():
    args = parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    log_dir = os.path.abspath(args.log or tempfile.mkdtemp(prefix="gotthard-compat-log-"))
    os.makedirs(log_dir, exist_ok=True)
    tree = tempfile.mkdtemp(prefix="gotthard-compat-")
    try:
        suite_tree.build(args.suite, args.server, tree)
        results, lost = run_units(args, tree, log_dir)
    except suite_tree.TreeError as error:
        fail(error)
    finally:
        if args.keep:
            print(f"tree kept: {tree}")
        else:
            shutil.rmtree(tree, ignore_errors=True)
    if args.json:
        with open(args.json, "w", encoding="utf-8") as f:
            json.dump({unit: as_json(out) for unit, out in results.items()}, f, indent=1)
    passed = sum(len(out.passed) for out in results.values())
    failed = sum(len(out.failed) for out in results.values())
    skipped = sum(len(out.skipped) + len(out.filtered) for out in results.values())
    print(f"logs: {log_dir}")
    if lost:
        print(f"{len(lost)} tests of the baseline were not reached")
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 0 if passed and not failed and not lost else 1


if __name__ == "__main__":
    sys.exit(main())
