"""Medians, verdicts, and the tables they are printed in."""
import statistics

import bench_rows as rows


def median(values):
    return statistics.median(values) if values else None


def summarise(cells):
    """The cells of all rounds into medians per section, row and server."""
    groups = {}
    for cell in cells:
        groups.setdefault((cell["section"], cell["row"], cell["server"]), []).append(cell)
    summary = {}
    for key, rounds in groups.items():
        names = sorted({name for cell in rounds for name in cell["threads_us"]})
        medians = {f: median([c[f] for c in rounds])
                   for f in ("rps", "cpu_us", "p50_ns", "p99_ns", "p99_9_ns", "generator_us",
                             "turns_us")}
        summary[key] = {
            "section": key[0], "row": key[1], "server": key[2], "rounds": len(rounds), **medians,
            "threads_us": {n: median([c["threads_us"].get(n, 0.0) for c in rounds])
                           for n in names},
            "threads_busy": {n: median([c["threads_busy"].get(n, 0.0) for c in rounds])
                             for n in names},
        }
    return summary


def judge_speed(summary, measured_rows):
    """Adds share and times beside the baseline to every cell, targets and verdict to ours."""
    for row in measured_rows:
        base = summary.get((row.section, row.name, rows.BASELINE))
        if base is None:
            continue
        for (section, name, server), cell in summary.items():
            if (section, name) != (row.section, row.name) or server == rows.BASELINE:
                continue
            cell["share"] = cell["cpu_us"] / base["cpu_us"]
            cell["times"] = cell["rps"] / base["rps"]
            cell["numbers"] = row.numbers
            if server in row.judge:
                cell["target_share"], cell["target_times"] = row.share, row.times
            elif server == rows.TWO:
                cell["target_times"] = 1.0
            else:
                continue
            missed = []
            if cell["share"] > cell.get("target_share", float("inf")):
                missed.append("CPU")
            if cell["times"] < cell["target_times"]:
                missed.append("throughput")
            fixed = [summary[section, name, s]["rps"] for s in (rows.INLINE[0], rows.PIPED)
                     if server == rows.AUTO and (section, name, s) in summary]
            if fixed and cell["rps"] < rows.OF_THE_BETTER * max(fixed):
                missed.append("the better of 1 and 2")
            cell["verdict"] = "misses " + ", ".join(missed) if missed else "reached"
        base["numbers"] = row.numbers


def judge_execution(summary):
    """The execution thread's own time per GET in the piped variant. The target is for a thread
    that is kept busy; few cores cannot do that at a low depth, where it sleeps most of the time.
    So there are two figures: all its CPU, and what it takes in its turns, by the wall, which is its
    work without going to sleep and waking. The verdict says which one is within the target."""
    found = []
    for load, target in rows.EXECUTION_US.items():
        cell = summary.get(("ladder", f"get {load}", rows.PIPED))
        if cell is None or rows.EXECUTION_THREAD not in cell["threads_us"]:
            continue
        thread = cell["threads_us"][rows.EXECUTION_THREAD]
        verdict = ("reached" if thread <= target else
                   "reached in turns" if cell["turns_us"] <= target else "misses")
        others = sum(us for n, us in cell["threads_us"].items() if n != rows.EXECUTION_THREAD)
        found.append({"row": f"get {load}", "exec_us": min(cell["turns_us"], thread),
                      "others_us": others,
                      "turns_us": cell["turns_us"], "thread_us": thread,
                      "target_us": target, "busy": cell["threads_busy"][rows.EXECUTION_THREAD],
                      "verdict": verdict})
    return found


def judge_memory(memory):
    for cell in memory:
        if cell["server"].startswith("gotthard"):
            cell["verdict"] = "reached" if cell["bytes"] <= cell["at_most"] else "misses"


def grid(header, table):
    """Lines of a table; the first column to the left, the others to the right."""
    texts = [header] + table
    widths = [max(len(r[i]) for r in texts) for i in range(len(header))]

    def line(cells):
        return "  ".join(c.ljust(w) if i == 0 else c.rjust(w)
                         for i, (c, w) in enumerate(zip(cells, widths))).rstrip()

    return [line(header), "  ".join("-" * w for w in widths)] + [line(r) for r in table]


def show(value, pattern, missing="-"):
    return missing if value is None else pattern.format(value)


TITLES = {
    "ladder": "Pipeline ladder",
    "sizes": "Value sizes",
    "mixes": "Reads and writes mixed",
    "connections": "Connections",
    "multi": "Several keys per command",
    "keys": "Key counts",
    "collections": "Collections, small (10 elements) and large",
    "heavy": "Long commands",
}


def speed_tables(summary, measured_rows, servers):
    lines = []
    for section, title in TITLES.items():
        table = []
        for row in measured_rows:
            for server in servers if row.section == section else ():
                cell = summary.get((section, row.name, server))
                if cell is None:
                    continue
                rate = cell["rps"]
                table.append([
                    row.name, server, f"{cell['cpu_us']:.3f}", show(cell.get("share"), "{:.2f}"),
                    show(cell.get("target_share"), "{:.2f}"),
                    f"{rate / 1000:.0f}" if rate >= 10_000 else f"{rate / 1000:.2f}",
                    show(cell.get("times"), "{:.2f}"), show(cell.get("target_times"), "{:.2f}"),
                    f"{cell['p50_ns'] / 1e6:.3f}", f"{cell['p99_ns'] / 1e6:.3f}",
                    f"{cell['generator_us']:.3f}", cell.get("verdict", "")])
        if table:
            lines += ["", title]
            lines += grid(["row", "server", "us/req", "share", "at most", "K req/s", "times",
                           "at least", "p50 ms", "p99 ms", "gen us", "verdict"], table)
    return lines


def thread_table(summary, servers):
    """Server CPU per request by thread, where there is more than one that works."""
    table = []
    for (section, name, server), cell in summary.items():
        used = {n: us for n, us in cell["threads_us"].items() if us >= 0.001}
        if section == "ladder" and server in servers and len(used) > 1:
            table.append([name, server, ", ".join(
                f"{n} {us:.3f} ({cell['threads_busy'][n] * 100:.0f} %)"
                for n, us in sorted(used.items()))])
    if not table:
        return []
    return ["", "By thread: CPU us per request, and how busy the thread was"] + [
        f"{row:16}  {server:14}  {text}" for row, server, text in table]


def execution_table(found):
    if not found:
        return []
    table = [[r["row"], f"{r['turns_us']:.3f}", f"{r['thread_us']:.3f}", f"{r['target_us']:.2f}",
              f"{r['busy'] * 100:.0f} %", f"{r['others_us']:.3f}", r["verdict"]] for r in found]
    return ["", "Execution thread in piped mode (io-threads 2), us per request"] + grid(
        ["row", "in turns", "all CPU", "at most", "busy", "I/O thread", "verdict"], table)


CORES = (4, 8, 16)


def project(execution, cores):
    """What `cores` would give on paper: one for the execution thread, the others for I/O threads,
    all for the server, each as fast as measured here.

    Returns (requests per second, what saturates first)."""
    by_execution = 1e6 / execution["exec_us"]
    by_io = (cores - 1) * 1e6 / execution["others_us"]
    if by_execution <= by_io:
        return by_execution, "execution"
    return by_io, "I/O"


def projection_table(found):
    """No measurement: the generator is taken to run elsewhere, threads not to slow each other
    down in caches and memory. The execution thread's part is the smaller one of its two figures:
    where it saturates it neither sleeps nor is preempted."""
    if not found:
        return []
    table = []
    for each in found:
        cells = [project(each, cores) for cores in CORES]
        full = 1 + each["others_us"] / each["exec_us"]
        table.append([each["row"]] + [f"{rps / 1e6:.2f} ({what})" for rps, what in cells] +
                     [f"{full:.1f}"])
    return ["", "On paper: M requests/s on more cores (which threads saturate first)"] + grid(
        ["row"] + [f"{n} cores" for n in CORES] + ["cores at which both do"], table)


def floor_table(found):
    if not found:
        return []
    table = [[f["row"], f"{f['ns_per_byte']:.4f}", f"{f['responder_ns_per_byte']:.4f}",
              f"{f['share']:.2f}", f"{f['at_most']:g}", f["verdict"]] for f in found]
    return ["", "Large values: CPU ns per byte, beside a responder that stores nothing"] + grid(
        ["row", "gotthard-1", "responder", "share", "at most", "verdict"], table)


def memory_table(memory, servers):
    table = []
    for name in dict.fromkeys(c["row"] for c in memory):
        cells = {c["server"]: c for c in memory if c["row"] == name}
        verdicts = {c["verdict"] for c in cells.values() if "verdict" in c}
        at_most = next(iter(cells.values()))["at_most"]
        table.append([name] + [show(cells[s]["bytes"] if s in cells else None, "{:.1f}")
                               for s in servers] + [f"{at_most:g}"] +
                     [("misses" if "misses" in verdicts else "reached") if verdicts else ""])
    if not table:
        return []
    return ["", "Memory: resident bytes per element"] + grid(
        ["data"] + servers + ["at most", "verdict"], table)


def pause_table(pauses):
    table = []
    for p in pauses:
        extra = []
        if "gone_s" in p:
            extra.append(f"gone in {p['gone_s']:.1f} s")
        if "bytes_each" in p:
            extra.append(f"{p['bytes_each']:.0f} B each")
        if "neighbour_rps" in p:
            extra.append(f"neighbour {p['neighbour_rps'] / 1000:.0f} K/s")
        if "faults" in p:
            extra.append(f"{p['faults']} errors, {p['rps'] / 1000:.0f} K/s")
        if p["row"] == "growth":
            extra.append(f"took {p['took_s']:.1f} s")
        table.append([p["row"], p["server"], show(p.get("p50_ms"), "{:.2f}"),
                      show(p.get("p99_ms"), "{:.2f}"), show(p.get("p99_9_ms"), "{:.2f}"),
                      show(p.get("longest_ms"), "{:.2f}"), show(p.get("turn_us"), "{:.0f}"),
                      ", ".join(extra), p["target"], p["verdict"] or ""])
    if not table:
        return []
    return ["", "Pauses: a client that asks 500 times a second, meanwhile"] + grid(
        ["what", "server", "p50 ms", "p99 ms", "p99.9 ms", "longest ms", "longest turn us", "",
         "target", "verdict"], table)


def totals(judged, skipped):
    """judged: (section, row, server, verdict) of everything that has a verdict."""
    missed = [j for j in judged if j[3] != "reached"]
    lines = ["", f"{len(judged) - len(missed)} of {len(judged)} targets reached"]
    lines += [f"  {verdict}: {section}, {row}, {server}"
              for section, row, server, verdict in missed]
    if skipped:
        lines.append(f"{len(skipped)} rows not measured")
        for section in dict.fromkeys(s["section"] for s in skipped):
            reasons = dict.fromkeys(s["reason"] for s in skipped if s["section"] == section)
            lines.append(f"  {section}: " + "; ".join(reasons))
    return lines
