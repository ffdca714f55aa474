"""Running the generator against a server, and reading what the server used meanwhile."""
import json
import signal
import subprocess

from bench_servers import CannotRun, cpu_between

GENERATOR_SECONDS = 300
MAX_TRIES = 4  # runs of one cell until the server has used enough CPU


def command_line(server, words):
    return [server.generator, "-p", str(server.port), *words]


def generate(server, *words):
    """Runs the generator against the server and returns its stdout."""
    command = command_line(server, words)
    shown = " ".join(command[:12])
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              check=False, timeout=GENERATOR_SECONDS)
    except subprocess.TimeoutExpired as error:
        raise CannotRun(f"{server.name}: {shown}: no end in {GENERATOR_SECONDS} s") from error
    if done.returncode != 0:
        raise CannotRun(f"{server.name}: {shown}: {done.stderr.strip()}")
    return done.stdout


def generate_json(server, *words):
    return json.loads(generate(server, "--json", *words))["tests"][0]


class Background:
    """A generator that runs beside something else, until it is told to stop and report."""

    def __init__(self, server, *words):
        self.server = server
        self.process = subprocess.Popen(command_line(server, ("--json", *words)), text=True,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def finish(self, stop=True):
        """With `stop`, interrupts it. Returns what it measured."""
        if stop:
            self.process.send_signal(signal.SIGINT)
        try:
            out, errors = self.process.communicate(timeout=GENERATOR_SECONDS)
        except subprocess.TimeoutExpired as error:
            self.abandon()
            raise CannotRun(f"{self.server.name}: the generator did not end") from error
        try:
            return json.loads(out)["tests"][0]
        except (ValueError, LookupError) as error:
            raise CannotRun(f"{self.server.name}: generator: {errors.strip()}") from error

    def abandon(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.communicate()


def load_data(server, data, options):
    server.ask("FLUSHALL")
    for words in data.loads:
        generate(server, "--seed", str(options.seed),
                 *[w.replace("{keys}", str(options.keys)) for w in words])


def turns_so_far_us(server):
    """The time that the event loop of the main thread worked, without going to sleep and waking;
    0 if the server does not tell."""
    return int(server.info("stats").get("eventloop_duration_sum", 0))


def measure(server, row, data, options, round_number):
    """One cell: a number of requests, or until the server has used enough CPU for a steady
    figure."""
    connections, depth = row.load.split("x")
    common = ["-c", connections, "-P", depth]
    if "-r" not in row.args:
        common += ["-r", data.keys.replace("{keys}", str(options.keys))]
    if "-d" not in row.args:
        common += ["-d", "32"]
    spent, requests, seconds, generator, tests = {}, 0, 0.0, 0.0, []
    turns_us = 0
    # Seconds. Opening thousands of connections takes a while, and is part of the figures.
    floor = 4.0 if int(connections) > 1000 else 0.2
    for attempt in range(MAX_TRIES):
        missing = options.cpu_seconds - sum(spent.values()) / 1e9
        length = (["-n", str(row.requests)] if row.requests else
                  ["--duration", f"{max(missing * 1.2, floor):.2f}"])
        seed = options.seed + 1000 * round_number + attempt
        turns_before = turns_so_far_us(server)
        before = server.thread_cpu_ns()
        test = generate_json(server, "--seed", str(seed), *common, *length, *row.args)
        used = cpu_between(before, server.thread_cpu_ns())
        turns_us += turns_so_far_us(server) - turns_before
        if test["errors"] or test["lost"] or (row.name.startswith("get ") and test["nulls"]):
            raise CannotRun(f"{server.name} {row.name}: {test['errors']} errors, {test['nulls']} "
                            f"misses, {test['lost']} lost")
        tests.append(test)
        requests += test["requests"]
        seconds += test["seconds"]
        generator += test["generator_cpu_us_per_request"] * test["requests"]
        for name, ns in used.items():
            spent[name] = spent.get(name, 0) + ns
        if row.requests or sum(spent.values()) >= options.cpu_seconds * 0.95e9:
            break
    tests.sort(key=lambda t: t["latency"]["p99_ns"])
    middle = tests[len(tests) // 2]["latency"]
    return {
        "section": row.section, "row": row.name, "server": server.name, "round": round_number,
        "requests": requests, "rps": requests / seconds,
        "cpu_us": sum(spent.values()) / 1e3 / requests,
        "p50_ns": middle["p50_ns"], "p99_ns": middle["p99_ns"], "p99_9_ns": middle["p99_9_ns"],
        "generator_us": generator / requests, "turns_us": turns_us / requests,
        "threads_us": {name: ns / 1e3 / requests for name, ns in spent.items()},
        "threads_busy": {name: ns / 1e9 / seconds for name, ns in spent.items()},
    }
