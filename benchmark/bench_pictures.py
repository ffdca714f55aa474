"""Pictures of a run, from the figures that its JSON holds.

    /usr/bin/python3 benchmark/bench_pictures.py build/bench/results.json

draws them again. Colours and servers keep together over all pictures.
"""
import json
import os
import sys

import matplotlib

matplotlib.use("Agg")  # no display
import matplotlib.pyplot as plt  # noqa: E402

COLOURS = {"redis": "#b5473c", "gotthard-1": "#1f5f8b", "gotthard-auto": "#3f9c9c",
           "gotthard-2": "#7a6fb0"}
OTHERS = ("#8a8a8a", "#c79a3a", "#5d7f45", "#a45c8f")


def colour(server, servers):
    if server in COLOURS:
        return COLOURS[server]
    strangers = [s for s in servers if s not in COLOURS]
    return OTHERS[strangers.index(server) % len(OTHERS)]


def servers_of(results):
    return list(dict.fromkeys(c["server"] for c in
                              results["speed"] + results["memory"] + results["pauses"]))


def save(figure, directory, name, written):
    figure.tight_layout()
    path = os.path.join(directory, name)
    figure.savefig(path, dpi=110)
    plt.close(figure)
    written.append(path)


def lines_over(results, cells, x_of, x_label, title, directory, name, written):
    """Throughput and p99 side by side, one line per server."""
    servers = servers_of(results)
    figure, (left, right) = plt.subplots(1, 2, figsize=(12, 4.5))
    drawn = False
    for server in servers:
        points = sorted((x_of(c), c["rps"], c["p99_ns"] / 1e6) for c in cells
                        if c["server"] == server)
        if not points:
            continue
        drawn = True
        xs = [p[0] for p in points]
        style = {"marker": "o", "color": colour(server, servers), "label": server}
        left.plot(xs, [p[1] for p in points], **style)
        right.plot(xs, [p[2] for p in points], **style)
    if not drawn:
        plt.close(figure)
        return
    for axis, label in ((left, "requests per second"), (right, "p99 of a pipeline, ms")):
        axis.set_xscale("log")
        axis.set_yscale("log")
        axis.set_xlabel(x_label)
        axis.set_ylabel(label)
        axis.grid(True, which="both", alpha=0.25)
    left.legend()
    figure.suptitle(title)
    save(figure, directory, name, written)


def draw_depth(results, directory, written):
    for op in ("get", "set", "incr"):
        cells = [c for c in results["speed"] if c["section"] == "ladder" and
                 c.get("numbers", {}).get("op") == op and c["numbers"]["connections"] > 1 or
                 c["row"] == f"{op} 1x20000"]
        lines_over(results, cells, lambda c: c["numbers"]["depth"], "pipeline depth",
                   f"{op.upper()} against depth (50 connections; then 10, 4 and 1)",
                   directory, f"depth-{op}.png", written)


def draw_connections(results, directory, written):
    cells = [c for c in results["speed"] if c["section"] == "connections" and "numbers" in c]
    lines_over(results, cells, lambda c: c["numbers"]["connections"], "connections",
               "GET against connections, depth 1", directory, "connections.png", written)


def draw_sizes(results, directory, written):
    for op in ("get", "set"):
        cells = [c for c in results["speed"] if c["section"] == "sizes" and
                 c.get("numbers", {}).get("op") == op]
        lines_over(results, cells, lambda c: c["numbers"]["bytes"], "bytes per value",
                   f"{op.upper()} against the size of the value", directory, f"sizes-{op}.png",
                   written)


def bars(results, labels, figures, y_label, title, directory, name, written):
    """figures: {server: {label: number}}"""
    servers = [s for s in servers_of(results) if s in figures]
    if not labels or not servers:
        return
    figure, axis = plt.subplots(figsize=(min(18, max(6, 1.6 * len(labels) + 2)), 4.5))
    width = 0.8 / len(servers)
    for i, server in enumerate(servers):
        heights = [figures[server].get(label, 0) for label in labels]
        places = [n + (i - (len(servers) - 1) / 2) * width for n in range(len(labels))]
        axis.bar(places, heights, width, color=colour(server, servers), label=server)
    axis.set_xticks(range(len(labels)))
    axis.set_xticklabels([l.replace(", ", ",\n").replace(" ", "\n", 1) for l in labels],
                         fontsize=8)
    axis.set_ylabel(y_label)
    axis.grid(True, axis="y", alpha=0.25)
    axis.legend()
    axis.set_title(title)
    save(figure, directory, name, written)


def draw_memory(results, directory, written):
    figures = {}
    for cell in results["memory"]:
        figures.setdefault(cell["server"], {})[cell["row"]] = cell["bytes"]
    bars(results, list(dict.fromkeys(c["row"] for c in results["memory"])), figures,
         "resident bytes per element", "Memory", directory, "memory.png", written)


def draw_cpu(results, directory, written):
    figures = {}
    cells = [c for c in results["speed"] if c["section"] == "ladder" and "share" in c]
    for cell in cells:
        figures.setdefault(cell["server"], {})[cell["row"]] = cell["share"]
    bars(results, list(dict.fromkeys(c["row"] for c in cells)), figures,
         "server CPU per request, share of Redis's", "CPU per request beside Redis (1.0)",
         directory, "cpu-share.png", written)


def draw_pauses(results, directory, written):
    servers = servers_of(results)
    for row in dict.fromkeys(p["row"] for p in results["pauses"] if "timeline" in p):
        figure, axis = plt.subplots(figsize=(10, 4))
        for p in results["pauses"]:
            if p["row"] != row or "timeline" not in p:
                continue
            points = [(i["at_s"], i["max_ns"] / 1e6) for i in p["timeline"] if i["requests"]]
            axis.plot([t for t, _ in points], [ms for _, ms in points], linewidth=1,
                      color=colour(p["server"], servers), label=p["server"])
        axis.set_yscale("log")
        axis.set_xlabel("seconds")
        axis.set_ylabel("longest of 50 ms, in ms")
        axis.grid(True, which="both", alpha=0.25)
        axis.legend()
        axis.set_title(f"Latency of a client that asks 500 times a second: {row}")
        save(figure, directory, f"pause-{row.lower().replace(' ', '-')}.png", written)


def draw_all(results, directory):
    """Returns the paths of what could be drawn from these results."""
    written = []
    for draw in (draw_depth, draw_connections, draw_sizes, draw_cpu, draw_memory, draw_pauses):
        draw(results, directory, written)
    return written


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as source:
        for picture in draw_all(json.load(source), os.path.dirname(os.path.abspath(sys.argv[1]))):
            print(picture)
