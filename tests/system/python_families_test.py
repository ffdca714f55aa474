"""Debian's python3-redis over each family of data types: its parsers of replies are what
applications see, so a reply of the wrong shape shows here.

How the daemon is found: _daemon.py. Nothing waits without a bound.
"""

import sys
import threading
import unittest

import redis

from _daemon import PATIENCE_SECONDS, Daemon, wait_until


class Families(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.daemon = Daemon()

    @classmethod
    def tearDownClass(cls):
        cls.daemon.stop()

    def setUp(self):
        self.redis = self.connect()
        self.redis.flushall()

    def tearDown(self):
        self.redis.close()

    def connect(self):
        return redis.Redis(port=self.daemon.port, socket_timeout=PATIENCE_SECONDS,
                           decode_responses=True)

    def after_blocking(self, ask, feed):
        """The reply to `ask`, which blocks until `feed` was done by another client."""
        replies = []
        waiting = self.connect()
        thread = threading.Thread(target=lambda: replies.append(ask(waiting)))
        thread.start()
        wait_until("a blocked client", lambda: self.redis.info("clients")["blocked_clients"] == 1)
        feed(self.redis)
        thread.join(PATIENCE_SECONDS)
        waiting.close()
        return replies[0]

    def test_lists(self):
        r = self.redis
        self.assertEqual(r.rpush("l", "a", "b", "c", "b"), 4)
        self.assertEqual(r.lrange("l", 0, -1), ["a", "b", "c", "b"])
        self.assertEqual(r.lpos("l", "b", count=0), [1, 3])
        self.assertEqual(r.linsert("l", "after", "a", "x"), 5)
        self.assertTrue(r.lset("l", -1, "z"))
        self.assertEqual(r.lrem("l", 0, "b"), 1)
        self.assertEqual(r.lmove("l", "m", "RIGHT", "LEFT"), "z")
        self.assertEqual(r.lpop("l", 2), ["a", "x"])
        self.assertEqual(r.lmpop(2, "none", "l", direction="LEFT"), ["l", ["c"]])
        self.assertTrue(r.ltrim("m", 1, 0))
        self.assertEqual(r.exists("m"), 0)

    def test_blocking(self):
        self.assertEqual(self.after_blocking(lambda r: r.blpop(["none", "queue"]),
                                             lambda r: r.rpush("queue", "job", "next")),
                         ("queue", "job"))
        self.assertEqual(self.after_blocking(lambda r: r.blmove("from", "to", 0),
                                             lambda r: r.rpush("from", "item")), "item")
        self.assertEqual(self.after_blocking(lambda r: r.bzpopmin("scores"),
                                             lambda r: r.zadd("scores", {"m": 1.5})),
                         ("scores", "m", 1.5))
        self.assertIsNone(self.redis.blpop("none", timeout=0.01))

    def test_hashes(self):
        r = self.redis
        self.assertEqual(r.hset("h", mapping={"f": 1, "g": "two"}), 2)
        self.assertEqual(r.hgetall("h"), {"f": "1", "g": "two"})
        self.assertEqual(r.hmget("h", "g", "none"), ["two", None])
        self.assertEqual(r.hincrbyfloat("h", "f", 0.5), 1.5)
        self.assertEqual(r.hstrlen("h", "g"), 3)
        self.assertEqual(r.execute_command("HEXPIRE", "h", 100, "FIELDS", 2, "f", "none"), [1, -2])
        self.assertTrue(0 < r.execute_command("HTTL", "h", "FIELDS", 1, "f")[0] <= 100)
        r.hset("big", mapping={f"field:{i}": i for i in range(2000)})
        self.assertEqual(len(dict(r.hscan_iter("big", count=100))), 2000)
        self.assertIn(r.hrandfield("h"), ("f", "g"))
        self.assertEqual(r.hdel("h", "f", "g"), 2)
        self.assertEqual(r.hgetall("h"), {})

    def test_sets(self):
        r = self.redis
        self.assertEqual(r.sadd("s", 1, 2, 3), 3)
        self.assertEqual(r.sadd("t", 2, 3, "four"), 3)
        self.assertEqual(r.smembers("s"), {"1", "2", "3"})
        self.assertEqual(r.sinter("s", "t"), {"2", "3"})
        self.assertEqual(r.sdiff("s", "t"), {"1"})
        self.assertEqual(r.sunionstore("u", "s", "t"), 4)
        self.assertEqual(r.sintercard(2, ["s", "t"], limit=1), 1)
        self.assertEqual(r.smismember("s", 1, 9), [1, 0])
        self.assertEqual(set(r.sscan_iter("u")), {"1", "2", "3", "four"})
        self.assertEqual(len(r.spop("s", 2)), 2)
        self.assertEqual(len(r.srandmember("t", -7)), 7)

    def test_sorted_sets(self):
        r = self.redis
        self.assertEqual(r.zadd("z", {"a": 1, "b": 2, "c": float("inf")}), 3)
        self.assertEqual(r.zadd("z", {"a": 4}, gt=True, ch=True), 1)
        self.assertEqual(r.zincrby("z", 1.5, "a"), 5.5)
        self.assertEqual(r.zrange("z", 0, -1, withscores=True),
                         [("b", 2.0), ("a", 5.5), ("c", float("inf"))])
        self.assertEqual(r.zrangebyscore("z", "(2", "+inf", start=0, num=1), ["a"])
        self.assertEqual(r.zrevrank("z", "c"), 0)
        self.assertEqual(r.zmscore("z", ["a", "none"]), [5.5, None])
        r.zadd("lex", {word: 0 for word in ("ab", "ac", "b")})
        self.assertEqual(r.zrangebylex("lex", "[a", "(b"), ["ab", "ac"])
        r.zadd("y", {"b": 10})
        self.assertEqual(r.zunion(["z", "y"], withscores=True)[-1], ("c", float("inf")))
        self.assertEqual(r.zinterstore("i", {"z": 2, "y": 1}), 1)
        self.assertEqual(r.zscore("i", "b"), 14.0)
        self.assertEqual(r.zpopmin("z"), [("b", 2.0)])
        self.assertEqual(dict(r.zscan_iter("y")), {"b": 10.0})
        self.assertEqual(r.zremrangebyrank("z", 0, -1), 2)

    def test_streams(self):
        r = self.redis
        self.assertEqual(r.xadd("s", {"a": 1, "b": "two"}, id="1-1"), "1-1")
        self.assertEqual(r.xadd("s", {"c": 3}, id="2-1"), "2-1")
        self.assertIsNone(r.xadd("none", {"a": 1}, nomkstream=True))
        self.assertEqual(r.xrange("s"), [("1-1", {"a": "1", "b": "two"}), ("2-1", {"c": "3"})])
        self.assertEqual(r.xrange("s", min="(1-1", count=1), [("2-1", {"c": "3"})])
        self.assertEqual(r.xrevrange("s", count=1), [("2-1", {"c": "3"})])
        self.assertEqual(r.xread({"s": "1-1", "none": 0}), [["s", [("2-1", {"c": "3"})]]])
        self.assertEqual(self.after_blocking(lambda r: r.xread({"none": "$", "s": "$"}, block=0),
                                             lambda r: r.xadd("s", {"d": 4}, id="3-1")),
                         [["s", [("3-1", {"d": "4"})]]])
        self.assertEqual(r.xread({"s": "$"}, block=10), [])
        self.assertEqual(r.xdel("s", "1-1", "9-9"), 1)
        self.assertEqual(r.xtrim("s", maxlen=1, approximate=False), 1)
        self.assertEqual(r.xlen("s"), 1)
        info = r.xinfo_stream("s")
        self.assertEqual((info["length"], info["last-generated-id"], info["first-entry"]),
                         (1, "3-1", ("3-1", {"d": "4"})))
        self.assertRaisesRegex(redis.ResponseError, "equal or smaller", r.xadd, "s", {"e": 5},
                               id="3-1")

    def test_consumer_groups(self):
        r = self.redis
        self.assertTrue(r.xgroup_create("jobs", "workers", id="0", mkstream=True))
        self.assertRaisesRegex(redis.ResponseError, "BUSYGROUP", r.xgroup_create, "jobs", "workers")
        self.assertEqual(
            self.after_blocking(
                lambda r: r.xreadgroup("workers", "ann", {"jobs": ">"}, count=2, block=0),
                lambda r: r.xadd("jobs", {"n": 1}, id="1-0")),
            [["jobs", [("1-0", {"n": "1"})]]])
        r.xadd("jobs", {"n": 2}, id="2-0")
        r.xadd("jobs", {"n": 3}, id="3-0")
        self.assertEqual(r.xreadgroup("workers", "bob", {"jobs": ">"}),
                         [["jobs", [("2-0", {"n": "2"}), ("3-0", {"n": "3"})]]])
        self.assertEqual(r.xreadgroup("workers", "ann", {"jobs": "0"}),
                         [["jobs", [("1-0", {"n": "1"})]]])
        self.assertEqual(r.xpending("jobs", "workers"),
                         {"pending": 3, "min": "1-0", "max": "3-0",
                          "consumers": [{"name": "ann", "pending": 1},
                                        {"name": "bob", "pending": 2}]})
        self.assertEqual(r.xack("jobs", "workers", "1-0", "9-9"), 1)
        one, = r.xpending_range("jobs", "workers", "-", "+", 10, consumername="bob")[:1]
        self.assertEqual((one["message_id"], one["times_delivered"]), ("2-0", 1))
        self.assertEqual(r.xautoclaim("jobs", "workers", "ann", 0, count=1),
                         ["3-0", [("2-0", {"n": "2"})], []])
        self.assertEqual(r.xclaim("jobs", "workers", "ann", 0, ["3-0"], justid=True), ["3-0"])
        self.assertEqual(r.xautoclaim("jobs", "workers", "bob", 3_600_000)[1], [])
        group, = r.xinfo_groups("jobs")
        self.assertEqual((group["name"], group["consumers"], group["pending"],
                          group["entries-read"], group["lag"]), ("workers", 2, 2, 3, 0))
        self.assertEqual({c["name"]: c["pending"] for c in r.xinfo_consumers("jobs", "workers")},
                         {"ann": 2, "bob": 0})
        full = r.xinfo_stream("jobs", full=True)
        self.assertEqual((full["length"], len(full["entries"]), full["groups"][0]["pel-count"]),
                         (3, 3, 2))
        self.assertEqual(r.xgroup_delconsumer("jobs", "workers", "ann"), 2)
        self.assertTrue(r.xgroup_setid("jobs", "workers", "2-0"))
        self.assertEqual(r.xgroup_destroy("jobs", "workers"), 1)
        self.assertRaisesRegex(redis.ResponseError, "NOGROUP", r.xreadgroup, "workers", "ann",
                               {"jobs": ">"})

    def test_geo(self):
        r = self.redis
        places = {"Andermatt": (8.594, 46.633), "Airolo": (8.611, 46.529), "Bern": (7.447, 46.948)}
        self.assertEqual(r.geoadd("g", [part for name, (longitude, latitude) in places.items()
                                        for part in (longitude, latitude, name)]), 3)
        found = r.geosearch("g", longitude=8.6, latitude=46.58, radius=20, unit="km", sort="ASC",
                            withdist=True)
        self.assertEqual([name for name, _ in found], ["Airolo", "Andermatt"])
        self.assertTrue(90 < r.geodist("g", "Airolo", "Bern", "km") < 110)
        (longitude, latitude), none = r.geopos("g", "Bern", "none")
        self.assertAlmostEqual(longitude, 7.447, 4)
        self.assertAlmostEqual(latitude, 46.948, 4)
        self.assertIsNone(none)
        self.assertEqual(r.geosearchstore("near", "g", member="Bern", radius=10, unit="km"), 1)

    def test_bitmaps(self):
        r = self.redis
        self.assertEqual(r.setbit("x", 7, 1), 0)
        self.assertEqual(r.setbit("y", 100, 1), 0)
        self.assertEqual(r.bitop("OR", "both", "x", "y"), 13)
        self.assertEqual(r.bitcount("both"), 2)
        self.assertEqual(r.bitpos("both", 1), 7)
        field = r.bitfield("f", "SAT")
        self.assertEqual(field.set("u8", 0, 255).incrby("u8", 0, 9).get("i4", 0).execute(),
                         [0, 255, -1])

    def test_hyperloglog(self):
        r = self.redis
        self.assertEqual(r.pfadd("a", *range(1000)), 1)
        self.assertEqual(r.pfadd("b", *range(500, 1500)), 1)
        self.assertTrue(r.pfmerge("both", "a", "b"))
        self.assertAlmostEqual(r.pfcount("both"), 1500, delta=75)
        self.assertEqual(r.pfcount("both"), r.pfcount("a", "b"))

    def test_bloom_and_cuckoo(self):
        bf, cf = self.redis.bf(), self.redis.cf()
        self.assertTrue(bf.create("bf", 0.01, 1000))
        self.assertEqual(bf.madd("bf", "a", "b", "a"), [1, 1, 0])
        self.assertEqual(bf.mexists("bf", "a", "none"), [1, 0])
        self.assertEqual(bf.info("bf").insertedNum, 2)
        position, header = bf.scandump("bf", 0)
        self.assertTrue(position > 0 and header)
        self.assertTrue(cf.create("cf", 1000))
        self.assertEqual(cf.add("cf", "a"), 1)
        self.assertEqual(cf.addnx("cf", "a"), 0)
        self.assertEqual(cf.count("cf", "a"), 1)
        self.assertEqual(cf.delete("cf", "a"), 1)
        self.assertEqual(cf.info("cf").deletedNum, 1)

    def test_count_min_top_k_and_t_digest(self):
        cms, top = self.redis.cms(), self.redis.topk()
        self.assertTrue(cms.initbydim("cms", 1000, 5))
        self.assertEqual(cms.incrby("cms", ["a", "b"], [5, 1]), [5, 1])
        self.assertEqual(cms.query("cms", "a", "none"), [5, 0])
        self.assertEqual(cms.info("cms").count, 6)
        self.assertTrue(top.reserve("top", 2, 50, 5, 0.9))
        self.assertEqual(top.add("top", "a", "b", "a"), [None, None, None])
        self.assertEqual(top.list("top"), ["a", "b"])
        self.assertEqual(top.info("top").k, 2)

        # The client's t-digest is that of an older module: the commands as they are.
        ask = self.redis.execute_command
        self.assertEqual(ask("TDIGEST.CREATE", "td"), "OK")
        self.assertEqual(ask("TDIGEST.ADD", "td", 1, 2, 3, 4, 5), "OK")
        self.assertEqual((ask("TDIGEST.MIN", "td"), ask("TDIGEST.MAX", "td")), ("1", "5"))
        self.assertEqual(ask("TDIGEST.QUANTILE", "td", 0.5), ["3"])

    def test_sort_dump_and_restore(self):
        r = self.redis
        r.rpush("l", 3, 1, 2)
        r.mset({"w_1": 30, "w_2": 20, "w_3": 10})
        self.assertEqual(r.sort("l", desc=True, start=0, num=2), ["3", "2"])
        self.assertEqual(r.sort("l", by="w_*", get=["#", "w_*"], groups=True),
                         [("3", "10"), ("2", "20"), ("1", "30")])
        self.assertEqual(r.sort("l", store="to"), 3)
        raw = redis.Redis(port=self.daemon.port)
        self.assertEqual(raw.restore("copy", 0, raw.dump("to")), b"OK")
        raw.close()
        self.assertEqual(r.lrange("copy", 0, -1), ["1", "2", "3"])
        self.assertEqual(r.object("encoding", "copy"), "listpack")


if __name__ == "__main__":
    result = unittest.TextTestRunner(stream=sys.stdout).run(
        unittest.defaultTestLoader.loadTestsFromModule(sys.modules[__name__]))
    bad = len(result.failures) + len(result.errors)
    print(f"{result.testsRun - bad} passed, {bad} failed")
    sys.exit(1 if bad else 0)
