"""Targets, medians, verdicts, and the tables they are printed in."""
import statistics

# Connections x depth: share of Redis 7.0.15's CPU per request at most, its throughput at least this
# many times over. For GET with io-threads 1 and auto; SET and INCR may use 0.05 more of the share.
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
EXECUTION_THREAD = "exec"
# Resident bytes per key at most, and what loads them.
MEMORY = {
    "16 B key, 8 B number": (50, ["-d", "8", "--numbers"]),
    "16 B key, 32 B value": (80, ["-d", "32"]),
    "the same with a TTL": (90, ["-d", "32", "--ttl", "100000"]),
    "30 B key, 100 B value": (165, ["--key-size", "30", "-d", "100"]),
}
BASELINE = "redis"
INLINE_VARIANTS = ("gotthard-1", "gotthard-auto")
PIPED_VARIANT = "gotthard-2"


def median(values):
    return statistics.median(values) if values else None


def summarise(cells):
    """[{op, row, server, rps, cpu_us, threads, ...}] of all rounds into medians per cell."""
    groups = {}
    for cell in cells:
        groups.setdefault((cell["op"], cell["row"], cell["server"]), []).append(cell)
    summary = {}
    for key, rounds in groups.items():
        names = {name for cell in rounds for name in cell["threads_us"]}
        summary[key] = {
            "op": key[0], "row": key[1], "server": key[2], "rounds": len(rounds),
            "rps": median([c["rps"] for c in rounds]),
            "cpu_us": median([c["cpu_us"] for c in rounds]),
            "p50_ns": median([c["p50_ns"] for c in rounds]),
            "p99_ns": median([c["p99_ns"] for c in rounds]),
            "threads_us": {n: median([c["threads_us"].get(n, 0.0) for c in rounds])
                           for n in sorted(names)},
            "threads_busy": {n: median([c["threads_busy"].get(n, 0.0) for c in rounds])
                             for n in sorted(names)},
            "generator_us": median([c["generator_us"] for c in rounds]),
        }
    return summary


def judge_speed(summary):
    """Adds share, ratio, targets and a verdict to every cell that has a baseline beside it."""
    for (op, row, server), cell in summary.items():
        base = summary.get((op, row, BASELINE))
        if base is None or server == BASELINE:
            continue
        cell["share"] = cell["cpu_us"] / base["cpu_us"]
        cell["ratio"] = cell["rps"] / base["rps"]
        misses = []
        if server in INLINE_VARIANTS:
            share, ratio = LADDER[row]
            share += 0 if op == "get" else WRITE_ALLOWANCE
            cell["target_share"], cell["target_ratio"] = round(share, 2), ratio
            if cell["share"] > share:
                misses.append("CPU")
            if cell["ratio"] < ratio:
                misses.append("throughput")
        elif server == PIPED_VARIANT:
            cell["target_ratio"] = 1.0
            if cell["ratio"] < 1.0:
                misses.append("throughput")
        else:
            continue
        cell["verdict"] = "misses " + ", ".join(misses) if misses else "reached"


def judge_execution(summary):
    """The execution thread's own CPU per GET in the piped variant."""
    rows = []
    for row, target in EXECUTION_US.items():
        cell = summary.get(("get", row, PIPED_VARIANT))
        if cell is None or EXECUTION_THREAD not in cell["threads_us"]:
            continue
        used = cell["threads_us"][EXECUTION_THREAD]
        others = sum(us for n, us in cell["threads_us"].items() if n != EXECUTION_THREAD)
        rows.append({"row": row, "exec_us": used, "others_us": others, "target_us": target,
                     "busy": cell["threads_busy"][EXECUTION_THREAD],
                     "verdict": "reached" if used <= target else "misses"})
    return rows


def judge_memory(memory):
    """[{row, server, bytes_per_key}], with target and verdict for Gotthard's."""
    for cell in memory:
        if cell["server"].startswith("gotthard"):
            cell["target"] = MEMORY[cell["row"]][0]
            cell["verdict"] = "reached" if cell["bytes_per_key"] <= cell["target"] else "misses"


def grid(header, rows):
    """Lines of a table; the first column to the left, the others to the right."""
    texts = [header] + rows
    widths = [max(len(r[i]) for r in texts) for i in range(len(header))]

    def line(cells):
        return "  ".join(c.ljust(w) if i == 0 else c.rjust(w)
                         for i, (c, w) in enumerate(zip(cells, widths))).rstrip()

    return [line(header), "  ".join("-" * w for w in widths)] + [line(r) for r in rows]


def show(value, pattern, missing="-"):
    return missing if value is None else pattern.format(value)


def speed_tables(summary, servers, ops, rows):
    lines = []
    for op in ops:
        table = []
        for row in rows:
            for server in servers:
                cell = summary.get((op, row, server))
                if cell is None:
                    continue
                table.append([
                    row, server, f"{cell['cpu_us']:.3f}", show(cell.get("share"), "{:.2f}"),
                    show(cell.get("target_share"), "{:.2f}"), f"{cell['rps'] / 1000:.0f}",
                    show(cell.get("ratio"), "{:.2f}"), show(cell.get("target_ratio"), "{:.2f}"),
                    f"{cell['p50_ns'] / 1e6:.3f}", f"{cell['p99_ns'] / 1e6:.3f}",
                    f"{cell['generator_us']:.3f}", cell.get("verdict", "")])
        if table:
            lines += ["", f"{op.upper()}: server CPU per request, throughput, latency per pipeline"]
            lines += grid(["conns x depth", "server", "us/req", "share", "at most", "K req/s",
                           "times", "at least", "p50 ms", "p99 ms", "gen us", "verdict"], table)
    return lines


def execution_table(rows):
    if not rows:
        return []
    table = [[r["row"], f"{r['exec_us']:.3f}", f"{r['target_us']:.2f}", f"{r['others_us']:.3f}",
              f"{r['busy'] * 100:.0f} %", r["verdict"]] for r in rows]
    return ["", "Execution thread in piped mode (io-threads 2), GET"] + grid(
        ["conns x depth", "exec us/req", "at most", "I/O us/req", "exec busy", "verdict"], table)


def memory_table(memory, servers):
    lines = []
    table = []
    for row in MEMORY:
        cells = {c["server"]: c for c in memory if c["row"] == row}
        if not cells:
            continue
        verdicts = {c["verdict"] for c in cells.values() if "verdict" in c}
        table.append([row] + [show(cells[s]["bytes_per_key"] if s in cells else None, "{:.1f}")
                              for s in servers] + [str(MEMORY[row][0])] +
                     [("misses" if "misses" in verdicts else "reached") if verdicts else ""])
    if table:
        lines += ["", "Memory: resident bytes per key"]
        lines += grid(["data"] + servers + ["at most", "verdict"], table)
    return lines
