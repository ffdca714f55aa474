"""What is measured: the rows of every section, and the target of each.

A row names what the generator sends (`args`), with how many connections and which depth, on which
data (`data`, a key of DATA), and what Gotthard must reach beside Redis in the same run:

  share   server CPU per request, divided by Redis's, at most
  times   throughput, divided by Redis's, at least
  needs   commands that both servers must have; without them the row is told as not measured

Where the targets come from: the ladder's from two rounds of prototypes on a 2-core machine of the
kind this project is built on, collections' from what their encodings allow, and everywhere else
Gotthard must not be worse than Redis.
"""
from dataclasses import dataclass, field

# Connections x depth: (share, times) for GET with io-threads 1 and auto; writing may use 0.05 more
# of the share.
LADDER = {
    "1x1": (0.95, 1.05),
    "50x1": (0.80, 1.2),
    "50x10": (0.38, 2.5),
    "50x16": (0.38, 2.7),
    "10x100": (0.20, 5.0),
    "4x1000": (0.12, 8.0),
    "1x20000": (0.12, 8.0),
}
WRITE_ALLOWANCE = 0.05
# Piped (io-threads 2): CPU microseconds of the execution thread per GET, while it is kept busy.
EXECUTION_US = {"50x1": 0.30, "50x10": 0.15, "50x16": 0.13, "10x100": 0.10, "4x1000": 0.10,
                "1x20000": 0.10}
EXECUTION_THREAD = "gotthard-server"  # the main thread
BASELINE = "redis"
AUTO = "gotthard-auto"
INLINE = ("gotthard-1", AUTO)
OF_THE_BETTER = 0.95  # of what 1 and 2 threads answer, auto must answer at least so much
TWO = "gotthard-2"
PIPED = "gotthard-piped"  # io-threads 2, also while little is sent
EPOLL = ("gotthard-epoll-1", "gotthard-epoll-piped")
SECTIONS = ("ladder", "sizes", "mixes", "connections", "multi", "keys", "collections", "heavy",
            "floor", "memory", "pauses")


@dataclass
class Row:
    section: str
    name: str  # unique in its section
    data: str
    args: list
    load: str  # connections x depth
    share: float = 1.0
    times: float = 1.0
    needs: tuple = ()
    requests: int = 0  # 0: for as long as it takes to use enough CPU
    servers: tuple = (BASELINE, "gotthard-1")  # and every peer
    judge: tuple = INLINE
    numbers: dict = field(default_factory=dict)  # what pictures draw this row at


@dataclass
class Data:
    """Each of `loads` is a call of the generator; {keys} is --keys."""
    loads: list
    keys: str = "{keys}"
    needs: tuple = ()


def preload(count, *command, options=()):
    return ["--preload", str(count), "-q", "-P", "200", *options, *command]


def fill(count, keyspace, *command, options=()):
    return ["-n", str(count), "-r", str(keyspace), "-P", "200", "-c", "4", "--json", *options,
            *command]


ITEM = "0123456789abcdef"
TEN = [f"item{i:012d}" for i in range(10)]
SMALL = 100_000  # small collections, of ten elements each
BIG = 1_000_000  # elements of a large one
ALL_SERVERS = (BASELINE, *INLINE, TWO, PIPED, *EPOLL)


def data_sets(big):
    """`big`: elements of the large collections (a quick run takes fewer)."""
    half = max(big // 10, 1000)
    sets = {
        "values": Data([preload("{keys}", options=("-d", "32"))]),
        "numbers": Data([preload("{keys}", options=("-d", "8", "--numbers"))]),
        "lists": Data([preload(SMALL, "rpush", "small:__rand_int__", *TEN),
                       preload(big, "rpush", "big", "item:__rand_int__")], needs=("rpush",)),
        "sets": Data([preload(SMALL, "sadd", "small:__rand_int__", *TEN),
                      preload(big, "sadd", "big", "memb:__rand_int__")], needs=("sadd",)),
        "hashes": Data([preload(SMALL, "hset", "small:__rand_int__",
                                *[w for i, f in enumerate(TEN) for w in (f, f"value{i}")]),
                        preload(big, "hset", "big", "fld:__rand_int__", ITEM)], needs=("hset",)),
        "zsets": Data([preload(SMALL, "zadd", "small:__rand_int__",
                               *[w for i, m in enumerate(TEN) for w in (str(i), m)]),
                       fill(2 * big, big, "zadd", "big", "__rand_int__", "memb:__rand_int__"),
                       preload(big, "zadd", "big", "__rand_int__", "memb:__rand_int__")],
                      needs=("zadd",)),
        "streams": Data([preload(SMALL // 10, "xadd", "small:__rand_int__", "*", "f", ITEM),
                         preload(big, "xadd", "big", "*", "f", ITEM)], needs=("xadd",)),
        "two sets": Data([preload(half, "sadd", "a", "memb:__rand_int__"),
                          preload(half, "sadd", "b", "memb:__rand_int__")], needs=("sadd",)),
        "two zsets": Data([preload(half, "zadd", "a", "__rand_int__", "memb:__rand_int__"),
                           preload(half, "zadd", "b", "__rand_int__", "memb:__rand_int__")],
                          needs=("zadd",)),
        "one list": Data([fill(half, 10**9, "rpush", "list", "__rand_int__")], needs=("rpush",)),
        "bits": Data([["-n", "1", "-c", "1", "-d", str(1 << 20), "--json", "set", name, "__data__"]
                      for name in ("bits:a", "bits:b")], needs=("bitcount",)),
        "logs": Data([preload(big, "pfadd", "log", "item:__rand_int__"),
                      preload(half, "pfadd", "other", "other:__rand_int__")], needs=("pfadd",)),
        "points": Data([fill(big, 10**12, "geoadd", "geo", "0.__rand_int__", "0.__rand_int__",
                             "p:__rand_int__", options=("--ring-mb", "128"))], needs=("geoadd",)),
    }
    for size in VALUE_SIZES:
        count = keys_of_size(size)
        sets[f"{size} B"] = Data([preload(count, options=("-d", str(size)))], keys=str(count))
    return sets


VALUE_SIZES = (8, 64, 512, 4096, 32768, 262144, 1048576)


def keys_of_size(size):
    """As many as 128 MB hold, at most 100,000."""
    return max(min(100_000, (128 << 20) // size), 1)


def ladder_rows():
    ops = (("get", "values", ["-t", "get"], 0.0), ("set", "values", ["-t", "set"], WRITE_ALLOWANCE),
           ("incr", "numbers", ["incr", "__key__"], WRITE_ALLOWANCE))
    for op, data, args, allowance in ops:
        for load, (share, times) in LADDER.items():
            connections, depth = map(int, load.split("x"))
            yield Row("ladder", f"{op} {load}", data, args, load, round(share + allowance, 2),
                      times, servers=ALL_SERVERS,
                      numbers={"op": op, "depth": depth, "connections": connections})


def size_rows():
    for size in VALUE_SIZES:
        load = "50x16" if size <= 4096 else "4x4" if size <= 32768 else "4x1"
        for op in ("get", "set"):
            yield Row("sizes", f"{op} {size} B {load}", f"{size} B", ["-t", op, "-d", str(size)],
                      load, numbers={"op": op, "bytes": size})


def mix_rows():
    for ratio in ("1:1", "1:10", "1:100"):
        yield Row("mixes", f"SET:GET {ratio} 50x16", "values", ["--ratio", ratio], "50x16",
                  0.43, 2.5)
    yield Row("mixes", "SET:GET 1:10 zipf 50x16", "values",
              ["--ratio", "1:10", "--distribution", "zipf"], "50x16", 0.43, 2.5)
    yield Row("mixes", "SET:GET 1:10 10x100", "values", ["--ratio", "1:10"], "10x100", 0.25, 4.5)
    yield Row("mixes", "SET:GET 1:10 50x1", "values", ["--ratio", "1:10"], "50x1", 0.85, 1.15)


def connection_rows():
    for count in (1, 10, 100, 1000, 10_000):
        ramp = ["--ramp", "5000"] if count > 1000 else []
        yield Row("connections", f"get {count}x1", "values", ["-t", "get", *ramp], f"{count}x1",
                  servers=(BASELINE, *INLINE), numbers={"op": "get", "connections": count})


def multi_rows():
    for count in (10, 100):
        load = "50x16" if count == 10 else "10x10"
        yield Row("multi", f"mget {count} {load}", "values", ["mget", *["__key__"] * count], load,
                  0.5, 1.5)
        yield Row("multi", f"mset {count} {load}", "values",
                  ["mset", *["__key__", "__data__"] * count], load, 0.5, 1.5)


def collection_rows(big):
    once = (
        ("lpush", "lists", ["lpush", "small:__rand_int__", ITEM], ["lpush", "big", ITEM]),
        ("rpop", "lists", ["rpop", "small:__rand_int__"], ["rpop", "big"]),
        ("lrange 100", "lists", ["lrange", "small:__rand_int__", "0", "99"],
         ["lrange", "big", "0", "99"]),
        ("sadd", "sets", ["sadd", "small:__rand_int__", "new"],
         ["sadd", "big", "more:__rand_int__"]),
        ("sismember", "sets", ["sismember", "small:__rand_int__", TEN[7]],
         ["sismember", "big", "memb:__rand_int__"]),
        ("hset", "hashes", ["hset", "small:__rand_int__", TEN[7], "other"],
         ["hset", "big", "fld:__rand_int__", ITEM]),
        ("hget", "hashes", ["hget", "small:__rand_int__", TEN[7]],
         ["hget", "big", "fld:__rand_int__"]),
        ("zadd", "zsets", ["zadd", "small:__rand_int__", "5", TEN[7]],
         ["zadd", "big", "__rand_int__", "memb:__rand_int__"]),
        ("zrange 10", "zsets", ["zrange", "small:__rand_int__", "0", "9"],
         ["zrange", "big", str(big // 2), str(big // 2 + 9)]),
        ("zrank", "zsets", ["zrank", "small:__rand_int__", TEN[7]],
         ["zrank", "big", "memb:__rand_int__"]),
        ("xadd", "streams", ["xadd", "small:__rand_int__", "*", "f", ITEM],
         ["xadd", "big", "*", "f", ITEM]),
    )
    for name, data, small, large in once:
        command = name.split()[0]
        for load in ("50x16", "10x100"):
            for size, words, keyspace in (("small", small, SMALL), ("large", large, big)):
                if (command, size) == ("xadd", "small"):
                    keyspace = SMALL // 10
                yield Row("collections", f"{name} {size} {load}", data,
                          ["-r", str(keyspace), *words], load, 0.5, 1.0, needs=(command,),
                          requests=100_000 if command == "lrange" else 300_000,
                          judge=("gotthard-1",))


def heavy_rows():
    for name, data, words in (
            ("sinter", "two sets", ["sinter", "a", "b"]),
            ("zunionstore", "two zsets", ["zunionstore", "to", "2", "a", "b"]),
            ("sort", "one list", ["sort", "list"]),
            ("bitcount", "bits", ["bitcount", "bits:a"]),
            ("bitop", "bits", ["bitop", "and", "to", "bits:a", "bits:b"]),
            # Of two, as the count of one is kept until it changes.
            ("pfcount", "logs", ["pfcount", "log", "other"]),
            ("geosearch", "points", ["geosearch", "geo", "fromlonlat", "0.5", "0.5", "byradius",
                                     "2", "km", "asc", "count", "100"])):
        yield Row("heavy", f"{name} 1x1", data, words, "1x1", 0.6, 1.0, needs=(name,),
                  judge=("gotthard-1",))


def key_count_rows(counts):
    """One count after the other, each on data of its own; see bench_speed."""
    for count in counts:
        for load, share, times in (("50x16", 0.38, 2.7), ("10x100", 0.20, 5.0)):
            yield Row("keys", f"get {load} of {count}", f"{count} keys",
                      ["-t", "get", "-r", str(count), "--ring-mb", "256"], load, share, times,
                      judge=("gotthard-1",),
                      numbers={"keys": count, "load": load})


KEY_COUNTS = (100_000, 1_000_000, 10_000_000, 20_000_000)


# Resident bytes per element at most, what loads `count` of them, and the commands it takes.
@dataclass
class MemoryRow:
    name: str
    at_most: float
    count: int
    load: list
    needs: tuple = ()


QUICK_MEMORY = ("string, 16 B key, 32 B value", "the same with a TTL",
                "big hash, per field (16 B + 16 B)", "big zset, per 17 B member")


def memory_rows(keys):
    strings = (("string, 16 B key, 8 B number", 50, ["-d", "8", "--numbers"]),
               ("string, 16 B key, 32 B value", 80, ["-d", "32"]),
               ("the same with a TTL", 90, ["-d", "32", "--ttl", "100000"]),
               ("string, 30 B key, 100 B value", 165, ["--key-size", "30", "-d", "100"]))
    for name, at_most, options in strings:
        yield MemoryRow(name, at_most, keys, preload(keys, options=options))
    sixty_four = [str(100_000 + i) for i in range(64)]
    for name, at_most, count, words in (
            ("hash of 10 small fields, per hash", 250, keys,
             ["hset", "hash:__rand_int__",
              *[w for i in range(10) for w in (f"field{i}", f"value{i:05d}")]]),
            ("big hash, per field (16 B + 16 B)", 66, keys,
             ["hset", "big", "fld:__rand_int__", ITEM]),
            ("big set, per 17 B member", 42, keys, ["sadd", "big", "memb:__rand_int__"]),
            ("big zset, per 17 B member", 62, keys,
             ["zadd", "big", "__rand_int__", "memb:__rand_int__"]),
            ("big list, per 16 B item", 18.6, keys, ["rpush", "big", "itm:__rand_int__"]),
            ("set of 64 integers, per set", 360, keys, ["sadd", "set:__rand_int__", *sixty_four]),
            ("stream, per entry of 3 fields", 18.6, keys,
             ["xadd", "big", "*", "a", "1", "b", "2", "c", "3"])):
        yield MemoryRow(name, at_most, count, preload(count, *words), needs=(words[0],))


def speed_rows(options):
    big = options.big
    rows = [*ladder_rows(), *size_rows(), *mix_rows(), *connection_rows(), *multi_rows(),
            *collection_rows(big), *heavy_rows()]
    if options.quick:
        kept = {"get 1x1", "get 50x1", "get 50x16", "get 10x100", "get 1x20000", "set 50x16",
                "set 10x100", "incr 50x16", "get 64 B 50x16", "get 1048576 B 4x1",
                "SET:GET 1:10 50x16", "get 100x1", "get 1000x1", "mget 10 50x16"}
        rows = [r for r in rows if r.name in kept or
                r.section == "collections" and r.name.endswith("small 50x16")]
    return rows
