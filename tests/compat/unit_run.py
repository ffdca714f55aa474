"""One unit of the suite: start it, follow its events, survive what it does, count what came out.

A test that hangs is killed and counted as failed, and the unit runs again without it; so is a test
that takes the server down with it, for every test after it in its block would fail for no reason of
its own. What a later round says about a test replaces what an earlier one said.
"""

import base64
import os
import re
import signal
import socket
import subprocess
import time

# Ports that a unit may use for its servers, and how many below those the suite's own master tries.
PORT_COUNT = 400
MASTER_PORTS = 32
# The suite wants port + 10000 free too, for cluster buses.
HIGHEST_BASE = 65535 - 10000 - PORT_COUNT
POLL_S = 0.2


class Outcome:
    """What a unit's tests did: passed, failed and skipped, in order, by test name."""

    def __init__(self):
        self.passed = []
        self.failed = []      # (name, error text)
        self.skipped = []
        self.filtered = []    # what the suite's own tags left out: "test: reason" or a reason
        self.rounds = 0
        self.seconds = 0.0

    def names(self):
        return set(self.passed) | {name for name, _ in self.failed} | set(self.skipped)


def free_base_port():
    """A base for a unit's ports, from a port the kernel says is free on the loopback address."""
    for _ in range(1000):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        if MASTER_PORTS + 1024 < port <= HIGHEST_BASE:
            return port
    raise OSError("the kernel gives no port low enough to leave room for cluster buses")


class Round:
    """One start of the suite for one unit."""

    def __init__(self, unit):
        self.unit = unit
        self.outcome = Outcome()
        self.current = None     # the test that runs, None between tests
        self.last = "the start"
        self.servers = set()    # pids
        self.killers = []       # tests that ended with a dead server or were hung
        self.dead = False       # a server died, and no other was started since
        self.finished = False

    def take(self, line):
        """Feeds one event line."""
        status, text64, _ = (line.split(" ") + ["", ""])[:3]
        text = base64.b64decode(text64).decode("utf-8", "replace")
        out = self.outcome
        if status == "testing":
            self.current = self.last = text
        elif status == "ok":
            out.passed.append(text)
            self.current = None
        elif status == "err":
            self._failed(*self._named(text))
            self.current = None
        elif status == "skip":
            out.skipped.append(text)
        elif status == "ignore":
            out.filtered.append(text)
        elif status == "server-spawned":
            self.servers.add(int(text))
            self.dead = False
        elif status == "server-killed":
            self.servers.discard(int(text))
        elif status == "server-died":
            # Only the first: those after it in the block find the server gone.
            if not self.dead:
                self.killers.append(text)
            self.dead = True
        elif status == "done":
            self.finished = True

    def _failed(self, name, error):
        failed = self.outcome.failed
        # The suite says twice that a server did not start.
        if not (name.startswith("[server start") and failed and failed[-1][0] == name):
            failed.append((name, error))

    def _named(self, text):
        head, _, rest = text.partition("\n")
        if head.startswith("[between tests]"):
            return f"[between tests, after {self.last}]", rest
        if head.startswith("Can't start the Redis server"):
            return f"[server start, after {self.last}]", text
        return re.sub(r" in tests/\S+\.tcl$", "", head), rest


class UnitRunner:
    """Runs units in a tree made by suite_tree. `hang_s`: seconds without an event, at most."""

    def __init__(self, tree, log_dir, hang_s, max_rounds, extra_args):
        self.tree = tree
        self.log_dir = log_dir
        self.hang_s = hang_s
        self.max_rounds = max_rounds
        self.extra_args = extra_args
        self.running = set()    # suites that run now, of any thread
        self.stopped = False

    def stop(self):
        """Ends all that runs; no unit starts any more. From any thread."""
        self.stopped = True
        for suite in list(self.running):
            _kill_group(suite)

    def run(self, unit, skips, denied_tags):
        """Runs `unit` without the tests in `skips` (names or /regex) and without what has one of
        `denied_tags`. Returns an Outcome."""
        if self.stopped:
            raise InterruptedError(unit)
        started = time.monotonic()
        lost = {}               # tests given up on: name -> error
        for number in range(1, self.max_rounds + 1):
            last = self._round(unit, number, skips + list(lost), denied_tags)
            failed = dict(last.outcome.failed)
            new = [name for name in last.killers if name not in lost]
            for name in new:
                lost[name] = failed.get(name, "") or "no answer"
            if not new or number == self.max_rounds or self.stopped:
                break
        out = last.outcome
        out.failed = [(n, e) for n, e in lost.items() if n not in failed] + out.failed
        out.skipped = [name for name in out.skipped if name not in lost]
        if new:
            out.failed.append(("[unit]", f"gave up after {self.max_rounds} rounds"))
        if not last.finished:
            out.failed.append((f"[unit, after {last.last}]", "the suite ended before the file did"))
        out.rounds = number
        out.seconds = time.monotonic() - started
        return out

    def _command(self, unit, skip_file, denied_tags):
        base = free_base_port()
        return ["tclsh8.6", "tests/test_helper.tcl", "--single", unit, "--durable",
                "--clients", "1", "--baseport", str(base), "--portcount", str(PORT_COUNT),
                "--dont-clean", "--dont-pre-clean", "--timeout", "1000000",
                "--skipfile", skip_file,
                "--tags", " ".join("-" + tag for tag in denied_tags)] + self.extra_args

    def _round(self, unit, number, skips, denied_tags):
        stem = os.path.join(self.log_dir, f"{unit.replace('/', '_')}.{number}")
        with open(stem + ".skips", "w", encoding="utf-8") as f:
            f.write("\n".join(skips))
        open(stem + ".events", "w").close()
        env = dict(os.environ, COMPAT_EVENTS=stem + ".events", TERM="dumb", LC_ALL="C.UTF-8")
        command = self._command(unit, stem + ".skips", denied_tags)
        with open(stem + ".log", "wb") as log:
            suite = subprocess.Popen(command, cwd=self.tree, stdin=subprocess.DEVNULL,
                                     stdout=log, stderr=subprocess.STDOUT, env=env,
                                     start_new_session=True)
        self.running.add(suite)
        try:
            return self._follow(suite, unit, stem + ".events")
        finally:
            self.running.discard(suite)
            _kill_group(suite)

    def _follow(self, suite, unit, event_file):
        state = Round(unit)
        last_event = time.monotonic()
        with open(event_file, encoding="ascii") as events:
            partial = ""
            while True:
                ended = suite.poll() is not None   # asked first: what it wrote is then all there
                chunk = events.read()
                if self.stopped:
                    return state
                if chunk:
                    last_event = time.monotonic()
                    *lines, partial = (partial + chunk).split("\n")
                    for line in lines:
                        state.take(line)
                elif ended:
                    return state
                elif time.monotonic() - last_event > self.hang_s:
                    if not self._unhang(state):
                        return state
                    last_event = time.monotonic()
                else:
                    _wait(suite, POLL_S)

    def _unhang(self, state):
        """Nothing happens any more. True if the round may go on, False if it is over."""
        if state.current is not None:
            state.outcome.failed.append((state.current, f"hung: nothing for {self.hang_s} s"))
            state.killers.append(state.current)
            state.finished = True
            return False
        # Between tests there is nothing to skip, but without its server the block cannot go on.
        alive = [pid for pid in state.servers if _kill(pid)]
        state.servers.clear()
        return bool(alive)


def _wait(process, seconds):
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        pass


def _kill(pid):
    try:
        os.kill(pid, signal.SIGKILL)
        return True
    except ProcessLookupError:
        return False


def _kill_group(suite):
    """Ends the suite and every server it left: all are in the session that was started for it."""
    try:
        os.killpg(suite.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    suite.wait()
