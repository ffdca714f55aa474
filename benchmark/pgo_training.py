#!/usr/bin/python3
"""Runs an instrumented server through what servers do, so that the next build knows what matters.

    pgo_training.py DIRECTORY       with gotthard-server and gotthard-benchmark in it

The pipeline ladder with GET, SET and INCR, inline and piped, on both back ends; strings of several
sizes and with expiry; a little of each collection. An ordinary end of the server writes the profile
beside its objects. Nothing here is a measurement: counts are small, an instrumented server is slow.
"""

import os
import socket
import subprocess
import sys
import tempfile
import time

LADDER = [(1, 1, 3_000), (50, 1, 20_000), (50, 16, 150_000), (10, 100, 200_000),
          (4, 1000, 200_000), (1, 20_000, 200_000)]
KEYS = 100_000
START_SECONDS = 30
END_SECONDS = 120
RUN_SECONDS = 600


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(port, server):
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if server.poll() is not None:
            break
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.05)
    sys.exit("the server to be trained did not start")


class Load:
    def __init__(self, generator, port):
        self.base = [generator, "-h", "127.0.0.1", "-p", str(port), "-q"]

    def run(self, *words):
        subprocess.run(self.base + [str(word) for word in words], check=True, timeout=RUN_SECONDS,
                       stdout=subprocess.DEVNULL)


def train_ladder(load):
    load.run("--preload", KEYS, "-r", KEYS, "-d", 32)
    for connections, depth, count in LADDER:
        for test in ("get", "set", "incr"):
            load.run("-t", test, "-c", connections, "-P", depth, "-n", count, "-r", KEYS, "-d", 32)


def train_strings(load):
    for size, count in ((8, 50_000), (300, 50_000), (5_000, 5_000), (100_000, 300)):
        for test in ("set", "get"):
            load.run("-t", test, "-c", 10, "-P", 10, "-n", count, "-r", 500, "-d", size)
    load.run("-t", "set", "--ttl", 1, "-c", 10, "-P", 20, "-n", 50_000, "-r", KEYS, "-d", 32)
    for command in (["mget", "__key__", "__key__", "__key__"], ["del", "__key__"],
                    ["exists", "__key__"], ["expire", "__key__", "100"], ["ttl", "__key__"],
                    ["append", "__key__", "x"], ["getrange", "__key__", "0", "3"]):
        load.run("-c", 10, "-P", 20, "-n", 20_000, "-r", KEYS, *command)


def train_collections(load):
    for small in ("100", str(KEYS)):
        for command in (["lpush", "list", "__data__"], ["rpop", "list"],
                        ["lrange", "list", "0", "9"],
                        ["sadd", "set", "__rand_int__"], ["sismember", "set", "__rand_int__"],
                        ["hset", "hash", "f:__rand_int__", "__data__"],
                        ["hget", "hash", "f:__rand_int__"],
                        ["zadd", "zset", "__rand_int__", "m:__rand_int__"],
                        ["zrank", "zset", "m:__rand_int__"], ["zrange", "zset", "0", "9"]):
            load.run("-c", 10, "-P", 20, "-n", 20_000, "-r", small, "-d", 32, *command)


def session(directory, options, *parts):
    port = free_port()
    with tempfile.TemporaryDirectory() as data:
        server = subprocess.Popen([os.path.join(directory, "gotthard-server"), "--port", str(port),
                                   "--bind", "127.0.0.1", "--dir", data] + options,
                                  stdout=subprocess.DEVNULL)
        try:
            wait_for(port, server)
            load = Load(os.path.join(directory, "gotthard-benchmark"), port)
            for part in parts:
                part(load)
            server.terminate()
            if server.wait(END_SECONDS) != 0:
                sys.exit("the server that was trained did not end well: no profile")
        finally:
            if server.poll() is None:
                server.kill()
                server.wait()


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    directory = os.path.abspath(sys.argv[1])
    print("  TRAIN " + sys.argv[1], flush=True)
    session(directory, ["--io-threads", "1", "--io-backend", "epoll"],
            train_ladder, train_strings, train_collections)
    session(directory, ["--io-threads", "2", "--io-backend", "epoll"], train_ladder)
    session(directory, ["--io-threads", "1", "--io-backend", "uring"], train_ladder)
    session(directory, ["--io-threads", "2", "--io-backend", "uring"], train_ladder)


if __name__ == "__main__":
    main()
