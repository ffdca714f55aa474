"""Debian's python3-redis, the client library of many job queues and web frameworks, as applications
use it: connection pool, pipelines, optimistic transactions, iteration, expiry, MONITOR.

How the daemon is found: _daemon.py. Nothing waits without a bound.
"""

import sys
import threading
import unittest

import redis

from _daemon import PATIENCE_SECONDS, Daemon, wait_until


class PythonRedis(unittest.TestCase):
    io_threads = "1"

    @classmethod
    def setUpClass(cls):
        cls.daemon = Daemon("--io-threads", cls.io_threads)
        cls.port = cls.daemon.port

    @classmethod
    def tearDownClass(cls):
        cls.daemon.stop()

    def setUp(self):
        self.redis = redis.Redis(port=self.port, socket_timeout=PATIENCE_SECONDS)
        self.redis.flushall()

    def tearDown(self):
        self.redis.close()
        self.redis.connection_pool.disconnect()

    def test_values_are_bytes_or_decoded(self):
        self.assertTrue(self.redis.set("key", b"\x00\xff\r\n"))
        self.assertEqual(self.redis.get("key"), b"\x00\xff\r\n")
        text = redis.Redis(port=self.port, decode_responses=True)
        text.set("name", "Göschenen")
        self.assertEqual(text.get("name"), "Göschenen")
        self.assertEqual(text.mget("name", "none"), ["Göschenen", None])
        text.close()

    def test_set_options_and_counters(self):
        self.assertIsNone(self.redis.set("k", 1, xx=True))
        self.assertTrue(self.redis.set("k", 1, nx=True, ex=100))
        self.assertIsNone(self.redis.set("k", 2, nx=True))
        self.assertEqual(self.redis.set("k", 3, get=True, keepttl=True), b"1")
        self.assertTrue(0 < self.redis.ttl("k") <= 100)
        self.assertEqual(self.redis.incrby("k", 39), 42)
        self.assertAlmostEqual(self.redis.incrbyfloat("k", 0.5), 42.5)
        self.assertEqual(self.redis.getex("k", persist=True), b"42.5")
        self.assertEqual(self.redis.ttl("k"), -1)
        self.assertEqual(self.redis.getdel("k"), b"42.5")
        with self.assertRaises(redis.ResponseError):
            self.redis.set("k", "no number")
            self.redis.incr("k")

    def test_pipeline(self):
        pipeline = self.redis.pipeline(transaction=False)
        for i in range(5000):
            pipeline.set(f"key:{i}", i).get(f"key:{i}")
        replies = pipeline.execute()
        self.assertEqual(replies[0::2], [True] * 5000)
        self.assertEqual(replies[1::2], [str(i).encode() for i in range(5000)])

    def test_pipeline_with_an_error_goes_on(self):
        pipeline = self.redis.pipeline(transaction=False)
        pipeline.set("k", "text").incr("k").get("k")
        replies = pipeline.execute(raise_on_error=False)
        self.assertIsInstance(replies[1], redis.ResponseError)
        self.assertEqual(replies[2], b"text")

    def test_transaction(self):
        with self.redis.pipeline() as transaction:
            transaction.set("a", 1).incr("a").mget("a", "b")
            self.assertEqual(transaction.execute(), [True, 2, [b"2", None]])

    def test_watch_notices_another_client(self):
        other = redis.Redis(port=self.port)
        with self.redis.pipeline() as transaction:
            transaction.watch("k")
            other.set("k", "changed")
            transaction.multi()
            transaction.set("k", "lost")
            with self.assertRaises(redis.WatchError):
                transaction.execute()
        self.assertEqual(self.redis.get("k"), b"changed")
        other.close()

    def test_optimistic_transactions_of_threads_lose_nothing(self):
        def add():
            client = redis.Redis(port=self.port)
            for _ in range(50):
                client.transaction(
                    lambda p: (lambda value: (p.multi(), p.set("sum", value + 1)))(
                        int(p.get("sum") or 0)), "sum")
            client.close()
        threads = [threading.Thread(target=add) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(self.redis.get("sum"), b"200")

    def test_pool_is_shared_by_threads(self):
        pool = redis.BlockingConnectionPool(port=self.port, max_connections=4)
        client = redis.Redis(connection_pool=pool)
        threads = [threading.Thread(target=lambda: [client.incr("n") for _ in range(200)])
                   for _ in range(10)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(client.get("n"), b"2000")
        pool.disconnect()

    def test_scan_iter_finds_every_key(self):
        self.redis.mset({f"user:{i}": i for i in range(1500)})
        self.redis.mset({f"other:{i}": i for i in range(500)})
        found = list(self.redis.scan_iter(match="user:*", count=100))
        self.assertEqual(len(set(found)), 1500)
        self.assertEqual(len(list(self.redis.scan_iter(_type="string"))), 2000)

    def test_expiry(self):
        self.redis.set("soon", "v", px=30)
        self.redis.set("late", "v")
        self.assertTrue(self.redis.expire("late", 1000))
        self.assertTrue(0 < self.redis.pttl("late") <= 1_000_000)
        wait_until("the key's end", lambda: not self.redis.exists("soon"))
        self.assertIsNone(self.redis.get("soon"))
        self.assertEqual(self.redis.ttl("soon"), -2)
        self.assertTrue(self.redis.persist("late"))

    def test_monitor_shows_what_others_do(self):
        with self.redis.monitor() as monitor:
            self.redis.set("watched", "v\n")
            seen = monitor.next_command()
            self.assertEqual(seen["command"].split(" ")[0].upper(), "SET")
            self.assertEqual(seen["db"], 0)

    def test_introspection_is_understood(self):
        info = self.redis.info()
        self.assertEqual(info["server_name"], "gotthard")
        self.assertIsInstance(info["used_memory"], int)
        self.assertEqual(self.redis.config_get("maxclients"), {"maxclients": "10000"})
        self.assertTrue(self.redis.config_set("slowlog-log-slower-than", 0))
        self.redis.get("k")
        self.assertTrue(self.redis.slowlog_get(10))
        self.assertIn("get", self.redis.command())
        self.redis.client_setname("tester")
        self.assertEqual(self.redis.client_getname(), "tester")
        self.assertIn("tester", [client["name"] for client in self.redis.client_list()])
        self.assertGreater(self.redis.memory_usage("watched") or 1, 0)
        self.redis.config_set("slowlog-log-slower-than", 10000)

    def test_a_killed_connection_is_replaced(self):
        self.redis.ping()
        other = redis.Redis(port=self.port)
        ids = [client["id"] for client in other.client_list()]
        own = other.client_id()
        for client_id in ids:
            if int(client_id) != own:
                other.client_kill_filter(_id=client_id)
        self.assertTrue(redis.Redis(port=self.port, retry_on_error=[redis.ConnectionError]).ping())
        other.close()


class PythonRedisWithIoThreads(PythonRedis):
    io_threads = "3"


if __name__ == "__main__":
    result = unittest.TextTestRunner(stream=sys.stdout).run(
        unittest.defaultTestLoader.loadTestsFromModule(sys.modules[__name__]))
    bad = len(result.failures) + len(result.errors)
    print(f"{result.testsRun - bad} passed, {bad} failed")
    sys.exit(1 if bad else 0)
