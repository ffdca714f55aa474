"""The speed sections and the memory rows: which servers run, in which order, on which data."""
import sys

import bench_rows as rows
from bench_load import load_data, measure
from bench_rows import Data, preload
from bench_servers import CannotRun

BYTES_PER_KEY = 400  # of all servers together, to see whether a key count fits into memory


def say(text):
    print(text, file=sys.stderr, flush=True)


def takes_part(server, wanted, options):
    """Peers are in every section; of ours and Redis those that the row names, or the user."""
    if options.only:
        return True  # the choice was made when the servers were
    return server.name in wanted or server.peer


def available_bytes():
    with open("/proc/meminfo", encoding="ascii") as info:
        for line in info:
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    return 0


class Problems(list):
    """What could not be run; told at once, and again at the end."""

    def append(self, text):
        say(f"could not run: {text}")
        super().append(text)


class Skipped:
    """Rows that were not measured, each with its reason."""

    def __init__(self):
        self.rows = []

    def add(self, section, name, reason):
        self.rows.append({"section": section, "row": name, "reason": reason})


def lacking(servers, needs):
    """Which of the servers does not have the commands, or ''. What a server has is remembered when
    it stops."""
    names = [s.name for s in servers if not s.has(*needs)]
    return f"{', '.join(names)}: no {', '.join(needs).upper()}" if names else ""


def measure_group(servers, data_name, data, group, options, problems, skipped):
    """All rows on one data set, in rounds; every round begins with another server."""
    taking = [s for s in servers if any(takes_part(s, row.servers, options) for row in group)]
    reason = lacking(taking, data.needs)
    if reason:
        for row in group:
            skipped.add(row.section, row.name, reason)
        return []
    able = []
    for row in group:
        reason = lacking([s for s in taking if takes_part(s, row.servers, options)], row.needs)
        if reason:
            skipped.add(row.section, row.name, reason)
        else:
            able.append(row)
    if not able:
        return []
    for server in list(taking):
        try:
            load_data(server, data, options)
        except (CannotRun, OSError) as error:
            problems.append(f"{server.name}: {data_name}: {error}")
            taking.remove(server)
    cells = []
    for round_number in range(options.rounds):
        if not taking:
            break
        first = round_number % len(taking)
        turn = taking[first:] + taking[:first]
        for row in able:
            for server in turn:
                if not takes_part(server, row.servers, options):
                    continue
                try:
                    cell = measure(server, row, data, options, round_number)
                except (CannotRun, OSError) as error:
                    problems.append(str(error))
                    continue
                cells.append(cell)
                say(f"round {round_number + 1}/{options.rounds}  {row.name:26} {server.name:14} "
                    f"{cell['cpu_us']:9.3f} us/req {cell['rps'] / 1000:9.1f} K/s")
    for server in taking:
        server.ask("FLUSHALL")
    return cells


def measure_speed(servers, chosen, options, problems, skipped):
    """The rows by the data they need, so that each data set is loaded once."""
    sets = rows.data_sets(options.big)
    groups = {}
    for row in chosen:
        groups.setdefault(row.data, []).append(row)
    cells = []
    for name, group in groups.items():
        cells += measure_group(servers, name, sets[name], group, options, problems, skipped)
    return cells


def measure_key_counts(servers, options, problems, skipped, selected):
    """GET over 10^5 to 2 x 10^7 keys. One count at a time, on fresh data."""
    cells, measured = [], []
    taking = [s for s in servers if takes_part(s, (rows.BASELINE, "gotthard-1"), options)]
    for count in options.key_counts:
        group = [r for r in rows.key_count_rows([count]) if selected(r)]
        if not group:
            continue
        if available_bytes() < count * BYTES_PER_KEY:
            for row in group:
                skipped.add(row.section, row.name, "not enough free memory")
            continue
        data = Data([preload(count, options=("-d", "32"))], keys=str(count))
        cells += measure_group(taking, f"{count} keys", data, group, options, problems, skipped)
        measured += group
    return cells, measured


def measure_memory(servers, chosen, options, problems, skipped):
    """Each row in a fresh process, so that no allocator hands on what another row left."""
    results = []
    taking = [s for s in servers if takes_part(s, (rows.BASELINE, "gotthard-1"), options)]
    for row in chosen:
        reason = lacking(taking, row.needs)
        if reason:
            skipped.add("memory", row.name, reason)
            continue
        for server in taking:
            try:
                server.start()
                before = server.resident_bytes()
                load_data(server, Data([row.load]), options)
                size = (server.resident_bytes() - before) / row.count
            except (CannotRun, OSError) as error:
                problems.append(f"memory, {row.name}: {error}")
                continue
            finally:
                server.stop()
            results.append({"row": row.name, "server": server.name, "bytes": size,
                            "at_most": row.at_most})
            say(f"memory  {row.name:36} {server.name:14} {size:8.1f} B")
    return results
