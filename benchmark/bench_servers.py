"""The servers under test: starting them, asking what CPU and memory they use, ending them.

CPU comes from /proc/PID/task/TID/schedstat: nanoseconds on a processor, user and system together.
Where the kernel does not offer it, utime + stime of /proc/PID/task/TID/stat do, which count in
ticks of 10 ms: cells are then made longer. Memory is the resident set of /proc/PID/smaps_rollup,
which is exact where VmRSS may lag.
"""
import os
import shlex
import shutil
import socket
import subprocess
import tempfile
import time

TICK_NS = 10**9 // os.sysconf("SC_CLK_TCK")
HAVE_SCHEDSTAT = os.path.exists("/proc/self/schedstat")
START_SECONDS = 15


class CannotRun(Exception):
    """A server or the generator could not be run; the text says which and why."""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def read_reply(stream):
    line = stream.readline()
    if not line.endswith(b"\r\n"):
        raise CannotRun("the server closed the connection")
    kind, rest = line[:1], line[1:-2].decode(errors="replace")
    if kind == b"$":
        size = int(rest)
        return None if size < 0 else stream.read(size + 2)[:-2].decode(errors="replace")
    if kind == b"*":
        return None if int(rest) < 0 else [read_reply(stream) for _ in range(int(rest))]
    if kind == b":":
        return int(rest)
    return rest if kind == b"+" else "-" + rest


class Server:
    """One server: a command in which {port} and {dir} are filled in at each start."""

    def __init__(self, name, command, peer=False):
        self.name = name
        self.generator = None  # the program that loads it
        self.peer = peer  # the user's own, shown beside ours and Redis
        self.command = command
        self.process = None
        self.port = None
        self.directory = None
        self._known = {}  # command: whether there is one

    def start(self):
        last = ""
        for _ in range(3):  # another process may take the port between the probe and the start
            self.port = free_port()
            self.directory = tempfile.mkdtemp(prefix="gotthard-bench-")
            words = [w.replace("{port}", str(self.port)).replace("{dir}", self.directory)
                     for w in self.command]
            self.log_path = os.path.join(self.directory, "server.out")
            with open(self.log_path, "wb") as log:
                try:
                    self.process = subprocess.Popen(words, cwd=self.directory, stdout=log,
                                                    stderr=log, stdin=subprocess.DEVNULL)
                except OSError as error:
                    self.stop()
                    raise CannotRun(f"{self.name}: {words[0]}: {error.strerror}") from error
            if self._answers():
                return
            last = self._last_words()
            self.stop()
        raise CannotRun(f"{self.name}: did not start: {last}")

    def _answers(self):
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until and self.process.poll() is None:
            try:
                if self.ask("PING") == "PONG":
                    return True
            except (OSError, CannotRun):
                pass
            time.sleep(0.02)  # until it listens
        return False

    def _last_words(self):
        with open(self.log_path, "rb") as log:
            lines = log.read().decode(errors="replace").strip().splitlines()
        return " / ".join(lines[-3:]) or "it said nothing"

    def ask(self, *words, timeout=120):
        """Sends one command and returns the reply: a number, a list, None, or a string, which of an
        error begins with '-'."""
        request = f"*{len(words)}\r\n" + "".join(f"${len(w)}\r\n{w}\r\n" for w in words)
        with socket.create_connection(("127.0.0.1", self.port), timeout=timeout) as connection:
            connection.sendall(request.encode())
            with connection.makefile("rb") as stream:
                return read_reply(stream)

    def info(self, section):
        reply = self.ask("INFO", section)
        return dict(l.split(":", 1) for l in reply.splitlines() if ":" in l)

    def has(self, *commands):
        """Whether the server knows all of these commands."""
        for command in commands:
            if command not in self._known:
                reply = self.ask("COMMAND", "INFO", command)
                self._known[command] = isinstance(reply, list) and bool(reply and reply[0])
        return all(self._known[c] for c in commands)

    def version(self):
        fields = self.info("server")
        for name in ("gotthard_version", "valkey_version", "redis_version"):
            if name in fields:
                return fields[name].strip()
        return "?"

    def stop(self):
        if self.process is not None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
            self.process = None
        if self.directory is not None:
            shutil.rmtree(self.directory, ignore_errors=True)
            self.directory = None

    def thread_cpu_ns(self):
        """{thread id: (name, CPU ns so far)}"""
        threads = {}
        base = f"/proc/{self.process.pid}/task"
        for tid in os.listdir(base):
            try:
                with open(f"{base}/{tid}/stat", encoding="ascii", errors="replace") as stat:
                    text = stat.read()
                name = text[text.index("(") + 1:text.rindex(")")]
                if HAVE_SCHEDSTAT:
                    with open(f"{base}/{tid}/schedstat", encoding="ascii") as schedstat:
                        used = int(schedstat.read().split()[0])
                else:
                    fields = text[text.rindex(")") + 2:].split()
                    used = (int(fields[11]) + int(fields[12])) * TICK_NS
            except OSError:  # the thread has ended
                continue
            threads[tid] = (name, used)
        return threads

    def resident_bytes(self):
        with open(f"/proc/{self.process.pid}/smaps_rollup", encoding="ascii") as rollup:
            for line in rollup:
                if line.startswith("Rss:"):
                    return int(line.split()[1]) * 1024
        raise CannotRun(f"{self.name}: no Rss in smaps_rollup")


def prefer(pid, at_once=False):
    """Lets a process run before others, where that is allowed (as root). `at_once`: even before a
    running one's slice is over, for what runs seldom and briefly. True if it was."""
    try:
        for tid in os.listdir(f"/proc/{pid}/task"):
            if at_once:
                os.sched_setscheduler(int(tid), os.SCHED_RR, os.sched_param(1))
            else:
                os.setpriority(os.PRIO_PROCESS, int(tid), -15)
    except OSError:
        return False
    return True


def cpu_between(before, after):
    """{thread name: ns} spent between two thread_cpu_ns(); threads of one name are added up."""
    spent = {}
    for tid, (name, used) in after.items():
        delta = used - before.get(tid, (name, 0))[1]
        spent[name] = spent.get(name, 0) + delta
    return spent


def parse_peers(text):
    """'name=command ...; name=command ...', or one per line, into servers."""
    peers = []
    for part in text.replace("\n", ";").split(";"):
        if not part.strip():
            continue
        name, equals, command = part.strip().partition("=")
        if not equals or "{port}" not in command:
            raise CannotRun(f"peer '{part.strip()}': wanted name=command with {{port}} in it")
        peers.append(Server(name.strip(), shlex.split(command), peer=True))
    return peers
