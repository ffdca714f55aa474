"""DUMP here and RESTORE in Debian's redis-server, and the other way round, for every type and
encoding: each server must take the other's payloads and hold the same data afterwards.

Run with GOTTHARD_SERVER naming the daemon. Nothing waits without a bound.
"""

import os
import random
import socket
import subprocess
import tempfile
import time
import unittest

import redis

PATIENCE_SECONDS = 60


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    def __init__(self, program, options):
        self.dir = tempfile.TemporaryDirectory()
        self.port = free_port()
        self.log = open(os.path.join(self.dir.name, "log"), "wb")
        self.process = subprocess.Popen(
            [program, "--port", str(self.port), "--bind", "127.0.0.1", "--dir", self.dir.name]
            + options, stdout=self.log, stderr=self.log, stdin=subprocess.DEVNULL)
        self.client = redis.Redis(port=self.port)
        end = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                self.client.ping()
                return
            except redis.ConnectionError:
                if self.process.poll() is not None or time.monotonic() > end:
                    raise AssertionError("no server: " + program)
                time.sleep(0.01)

    def stop(self):
        self.client.close()
        self.process.kill()
        self.process.wait()
        self.log.close()
        self.dir.cleanup()


def fill(run, rng):
    """One key per type and encoding; returns the commands that show each key's value."""
    text = lambda size: bytes(rng.randrange(256) for _ in range(size))
    run("SET", "int", "-123456")
    run("SET", "big int", "1234567890123")
    run("SET", "text", text(100))
    run("SET", "compressible", b"abc" * 5000)
    run("RPUSH", "list", "a", "1", "-70000", text(30))
    for i in range(2000):
        run("RPUSH", "long list", "item %d" % i, str(i * 1000003))
    run("RPUSH", "apart", "x", text(100000), "y", b"z" * 70000)
    run("SADD", "intset", "1", "70000", "-5000000000")
    run("SADD", "set", "a", "b", text(10), "12")
    for i in range(600):
        run("SADD", "big set", "member %d" % i, str(i))
    run("HSET", "hash", "f", "v", "n", "12345", text(5), text(60))
    for i in range(600):
        run("HSET", "big hash", "field %d" % i, text(20))
    run("ZADD", "zset", "1.5", "a", "-3", "b", "inf", "c", "1e-10", "d")
    for i in range(600):
        run("ZADD", "big zset", repr(rng.uniform(-1e6, 1e6)), "member %d" % i)
    fill_streams(run, text, rng)


def fill_streams(run, text, rng):
    """Streams of several nodes, with holes, groups and entries that wait for an acknowledgement."""
    for i in range(1000):
        fields = [b"a", str(i), b"b", text(5)] if i % 7 else [text(3), text(200)]
        run("XADD", "stream", "%d-%d" % (1700000000000 + i // 3, i), *fields)
    for i in rng.sample(range(1000), 300):
        run("XDEL", "stream", "%d-%d" % (1700000000000 + i // 3, i))
    run("XTRIM", "stream", "MINID", "1700000000020")
    run("XSETID", "stream", "1800000000000-5")
    run("XADD", "groups", "1-1", "f", "v")
    for i in range(500):
        run("XADD", "groups", "%d-7" % (2 + i * i * i), "f", "v%d" % i)
    run("XGROUP", "CREATE", "groups", "readers", "0")
    run("XGROUP", "CREATE", "groups", "others", "40-0", "ENTRIESREAD", "3")
    run("XGROUP", "CREATE", "groups", "idle", "$")
    run("XGROUP", "CREATECONSUMER", "groups", "idle", "nobody")
    for i in range(60):
        for group in ("readers", "others"):
            run("XREADGROUP", "GROUP", group, "consumer %d" % (i % 5), "COUNT", "3",
                "STREAMS", "groups", ">")
    run("XACK", "groups", "readers", "1-1", "2-7", "10-7", "66-7")
    run("XCLAIM", "groups", "readers", "consumer 0", "0", "29-7", "TIME", "1700000000000",
        "RETRYCOUNT", "9")
    run("XDEL", "groups", "3-7", "127-7", "3377-7")
    run("XGROUP", "CREATE", "empty stream", "g", "5-5", "MKSTREAM")


def stream_view(client, key):
    """What a stream is beside its entries, as far as time does not change it."""
    info = client.execute_command("XINFO", "STREAM", key)
    view = [info, client.execute_command("XINFO", "GROUPS", key)]
    for group in client.xinfo_groups(key):
        name = group["name"]
        view.append([(row["message_id"], row["consumer"], row["times_delivered"])
                     for row in client.xpending_range(key, name, "-", "+", 1000)])
        view.append([(row["name"], row["pending"]) for row in client.xinfo_consumers(key, name)])
    return view


class DumpExchange(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        ours = os.environ.get("GOTTHARD_SERVER", "build/debug/gotthard-server")
        cls.ours = Server(ours, ["--enable-debug-command", "local"])
        cls.redis = Server("/usr/bin/redis-server", ["--enable-debug-command", "local",
                                                     "--save", ""])

    @classmethod
    def tearDownClass(cls):
        cls.ours.stop()
        cls.redis.stop()

    @staticmethod
    def value(server, key):
        # Scores are written into digests in another way before Redis 7.2.
        if b"zset" in key:
            return server.client.zrange(key, 0, -1, withscores=True)
        return server.client.execute_command("DEBUG", "DIGEST-VALUE", key)

    def exchange(self, source, target):
        source.client.flushall()
        target.client.flushall()
        rng = random.Random(1)
        fill(lambda *words: source.client.execute_command(*words), rng)
        keys = sorted(source.client.keys())
        self.assertEqual(len(keys), 17)
        for key in keys:
            with self.subTest(key=key):
                payload = source.client.dump(key)
                self.assertEqual(target.client.restore(key, 0, payload), b"OK")
                self.assertEqual(target.client.type(key), source.client.type(key))
                self.assertEqual(self.value(target, key), self.value(source, key))
                if source.client.type(key) == b"stream":
                    self.assertEqual(stream_view(target.client, key),
                                     stream_view(source.client, key))

    def test_redis_takes_ours(self):
        self.exchange(self.ours, self.redis)

    def test_ours_takes_redis(self):
        self.exchange(self.redis, self.ours)


if __name__ == "__main__":
    unittest.main()
