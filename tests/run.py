#!/usr/bin/env python3
"""Runs what `make` built and prints one total, `N passed, N failed`.

  tests/run.py suite FLAVOUR          unit, command, system and regression tests of build/FLAVOUR;
                                      with debug also the style tests and tests/system/*.py;
                                      those with sockets on both I/O back ends, where the kernel
                                      has io_uring
  tests/run.py fuzz [--seconds N]     every fuzzer of build/fuzz, two at a time

A test binary is one Catch2 program: its cases are counted from its last lines. A script
(tests/system/*.py, tests/style/*_test.py) either ends with a line `N passed, N failed`, or counts
as one case, passed when its exit status is 0. A program that crashes, hangs past its limit or runs
no case at all counts as failed. Modules that are not tests begin with an underscore.
"""

import argparse
import concurrent.futures
import glob
import os
import re
import signal
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
LIMIT_SECONDS = 600  # for one program; a sanitizer's slowness included
TOTAL = re.compile(r"^(\d+) passed, (\d+) failed$")


def sanitizer_prefix():
    """The sanitizers of gcc 12 and clang 14 fail on kernels that randomise addresses by more bits
    than they know of; without randomisation they always work. Containers may forbid the switch."""
    prefix = ["setarch", os.uname().machine, "-R"]
    try:
        subprocess.run(prefix + ["true"], check=True, capture_output=True)
        return prefix
    except (OSError, subprocess.CalledProcessError):
        return []


def environment(flavour):
    env = dict(os.environ)
    env["GOTTHARD_SERVER"] = os.path.join(ROOT, "build", flavour, "gotthard-server")
    env["PYTHONDONTWRITEBYTECODE"] = "1"
    env.setdefault("GOTTHARD_TEST_IO_BACKEND", "epoll")
    env.setdefault("ASAN_OPTIONS", "detect_leaks=1:detect_stack_use_after_return=1")
    env.setdefault("UBSAN_OPTIONS", "print_stacktrace=1")
    tsan = "second_deadlock_stack=1"
    suppressions = os.path.join(ROOT, "tests", "tsan.supp")
    if os.path.exists(suppressions):
        tsan += ":suppressions=" + suppressions
    env.setdefault("TSAN_OPTIONS", tsan)
    return env


def run(command, env, limit=LIMIT_SECONDS):
    """Runs a program in a process group of its own; returns (exit status, its output)."""
    with subprocess.Popen(command, cwd=ROOT, env=env, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          start_new_session=True, text=True, errors="replace") as process:
        try:
            output, _ = process.communicate(timeout=limit)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            output, _ = process.communicate()
            output += f"\nstopped: still running after {limit} s\n"
        try:  # a program that crashed may have left a daemon behind
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        return process.returncode, output


def count_catch(status, output):
    """(passed, failed) of a Catch2 v2 program, from the end of its console report."""
    good = re.search(r"All tests passed \(.* in (\d+) test cases?\)", output)
    if good:  # a sanitizer may still have had something to say
        return int(good.group(1)), 0 if status == 0 else 1
    bad = re.search(r"^test cases: .*$", output, re.M)
    if bad:
        passed = re.search(r"(\d+) passed", bad.group(0))
        failed = re.search(r"(\d+) failed(?! as expected)", bad.group(0))
        expected = re.search(r"(\d+) failed as expected", bad.group(0))
        passed = sum(int(m.group(1)) for m in (passed, expected) if m)
        failed = int(failed.group(1)) if failed else 0
        return passed, failed if status == 0 else max(1, failed)
    return 0, 1


def count_script(status, output):
    lines = [line for line in output.splitlines() if line.strip()]
    total = TOTAL.match(lines[-1]) if lines else None
    if not total:
        return (1, 0) if status == 0 else (0, 1)
    passed, failed = int(total.group(1)), int(total.group(2))
    return passed, max(1, failed) if status != 0 or passed + failed == 0 else failed


def report(name, counts, seconds, output):
    passed, failed = counts
    if failed:
        print(output, end="" if output.endswith("\n") else "\n")
    print(f"{'ok    ' if not failed else 'FAILED'} {name}: {passed} passed, {failed} failed"
          f" ({seconds:.1f} s)", flush=True)
    return counts


def uring_is_missing(server, prefix):
    """Why the server cannot have io_uring here; None if it can. Its log says."""
    with tempfile.TemporaryDirectory() as directory:
        command = prefix + [server, "--port", "0", "--unixsocket", os.path.join(directory, "s"),
                   "--dir", directory, "--io-backend", "uring"]
        with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, errors="replace") as process:
            lines = []
            for line in process.stdout:
                lines.append(line)
                if "Ready to accept" in line:
                    process.terminate()
        told = [line.split("I/O back end: ")[1].strip() for line in lines
                if "I/O back end: " in line]
    if not told:
        return "the server does not start:\n" + "".join(lines)
    return None if told[0].startswith("io_uring") else told[0]


def run_all(jobs, env, workers):
    """jobs: (name, command, how to count[, further environment]). Returns the sums; reports each as
    it ends."""
    def one(job):
        name, command, count, *more = job
        start = time.monotonic()
        status, output = run(command, {**env, **(more[0] if more else {})})
        return name, count(status, output), time.monotonic() - start, output

    passed = failed = 0
    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        for future in concurrent.futures.as_completed([pool.submit(one, job) for job in jobs]):
            counts = report(*future.result())
            passed, failed = passed + counts[0], failed + counts[1]
    return passed, failed


def suite(flavour):
    build = os.path.join("build", flavour)
    env = environment(flavour)
    prefix = [] if flavour in ("debug", "release") else sanitizer_prefix()
    present = lambda name: os.path.exists(os.path.join(ROOT, build, "tests", name))
    catch = lambda name: (name, prefix + [f"{build}/tests/{name}"], count_catch)
    folders = sorted({path.split("/")[-2] for path in
                      glob.glob(os.path.join(ROOT, "tests", "unit", "*", "*_test.cc"))})
    if flavour == "tsan":
        # One thread, many minutes: their structures meet other threads in `commands` and `system`.
        folders.remove("types")
    together = [catch("unit_" + folder) for folder in folders]
    # These start servers of their own and measure nothing against the clock, but they are the
    # heaviest: one after the other.
    alone = []
    for name in ("commands", "regress", "system"):
        if glob.glob(os.path.join(ROOT, "tests", name, "*_test.cc")):
            (together if name == "commands" else alone).append(catch(name))
    if flavour == "debug":
        scripts = sorted(glob.glob(os.path.join(ROOT, "tests", "style", "*_test.py")))
        scripts += sorted(glob.glob(os.path.join(ROOT, "tests", "system", "[!_]*.py")))
        for script in scripts:
            script = os.path.relpath(script, ROOT)
            alone.append((script, [sys.executable, script], count_script))
    server = env["GOTTHARD_SERVER"]
    reason = uring_is_missing(server, prefix) if os.path.exists(server) else "no server was built"
    if reason:
        print(f"skipped: a second run of the tests with sockets on io_uring: {reason}")
    else:
        sockets = [job for job in together + alone
                   if job[0] in ("unit_net", "regress", "system") or job[0].endswith(".py")
                   and job[0].startswith("tests/system")]
        alone += [(name + " on io_uring", command, count, {"GOTTHARD_TEST_IO_BACKEND": "uring"})
                  for name, command, count in sockets]
    missing = [job for job in together + alone if job[2] is count_catch
               and not present(job[0].split()[0])]
    for job in missing:
        print(f"FAILED {job[0]}: not built")
    runnable = lambda jobs: [job for job in jobs if job not in missing]
    first = run_all(runnable(together), env, workers=max(1, os.cpu_count() or 1))
    second = run_all(runnable(alone), env, workers=1)
    return first[0] + second[0], first[1] + second[1] + len(missing)


def fuzz_command(prefix, name, seconds):
    """The fuzzer grows a corpus under build/, seeded by the one in the tree."""
    grown = os.path.join("build", "fuzz", "corpus", name)
    os.makedirs(os.path.join(ROOT, grown), exist_ok=True)
    command = prefix + [f"build/fuzz/{name}", f"-max_total_time={seconds}", "-timeout=20",
                        "-rss_limit_mb=2048", "-print_final_stats=1",
                        f"-artifact_prefix=build/fuzz/found-{name}-", grown]
    seeds = os.path.join("tests", "fuzz", "corpus", name)
    if os.path.isdir(os.path.join(ROOT, seeds)):
        command.append(seeds)
    if os.environ.get("FUZZ_SEED"):
        command.append("-seed=" + os.environ["FUZZ_SEED"])
    words = os.path.join("tests", "fuzz", name + ".dict")
    if os.path.exists(os.path.join(ROOT, words)):
        command.append("-dict=" + words)
    return command


def fuzz(seconds):
    env = environment("fuzz")
    prefix = sanitizer_prefix()
    sources = sorted(glob.glob(os.path.join(ROOT, "tests", "fuzz", "*_fuzz.cc")))
    names = [os.path.basename(path)[:-len("_fuzz.cc")] for path in sources]
    jobs = [("fuzz " + name, fuzz_command(prefix, name, seconds),
             lambda status, output: (1, 0) if status == 0 else (0, 1)) for name in names]
    return run_all(jobs, env, workers=2)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    verbs = parser.add_subparsers(dest="verb", required=True)
    verbs.add_parser("suite").add_argument("flavour")
    verbs.add_parser("fuzz").add_argument("--seconds", type=int, default=60)
    args = parser.parse_args()
    passed, failed = suite(args.flavour) if args.verb == "suite" else fuzz(args.seconds)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
