"""The daemon under test, for the tests that are scripts: GOTTHARD_SERVER names the program,
GOTTHARD_TEST_IO_BACKEND its option io-backend. Nothing waits without a bound."""

import os
import socket
import subprocess
import tempfile
import time

PATIENCE_SECONDS = 60


def wait_until(what, condition):
    end = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        if time.monotonic() > end:
            raise AssertionError("waited in vain for " + what)
        time.sleep(0.01)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Daemon:
    """Runs once it can be connected to; whoever made it stops it."""

    def __init__(self, *options):
        program = os.environ.get("GOTTHARD_SERVER", "build/debug/gotthard-server")
        backend = os.environ.get("GOTTHARD_TEST_IO_BACKEND")
        self.port = free_port()
        self.dir = tempfile.TemporaryDirectory()
        self.log = open(os.path.join(self.dir.name, "log"), "wb")
        self.process = subprocess.Popen(
            [program, "--port", str(self.port), "--bind", "127.0.0.1", "--dir", self.dir.name,
             "--io-threads-always-active", "yes", *options] +
            (["--io-backend", backend] if backend else []),
            stdout=self.log, stderr=self.log, stdin=subprocess.DEVNULL)
        wait_until("the daemon", self._answers)

    def _answers(self):
        if self.process.poll() is not None:
            with open(self.log.name, errors="replace") as log:
                raise AssertionError("the daemon ended: " + log.read())
        try:
            with socket.create_connection(("127.0.0.1", self.port), PATIENCE_SECONDS) as client:
                client.sendall(b"PING\r\n")
                return client.recv(7) != b""
        except OSError:
            return False

    def stop(self):
        self.process.terminate()
        try:
            status = self.process.wait(PATIENCE_SECONDS)
        finally:
            if self.process.poll() is None:
                self.process.kill()
            self.log.close()
            self.dir.cleanup()
        if status != 0:
            raise AssertionError(f"the daemon ended with status {status}")
