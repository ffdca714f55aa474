#!/usr/bin/env python3
"""Checks the house style that no compiler checks. Prints `N passed, N failed` last.

Each rule is one case; a broken one names every place that breaks it.
"""

import glob
import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
MAX_COLUMNS = 100
MAX_LINES = 600

# Who may include whom, from bottom to top; src/README.md has the picture. A folder may always
# include itself.
BELOW_EXEC = {"store", "types", "resp", "pipe", "acl", "config", "observe", "base"}
SIDES = {"persist", "pubsub", "script"}
ARROWS = {
    "base": set(),
    "acl": {"base"},
    "config": {"base"},
    "observe": {"base"},
    "resp": {"base"},
    "types": {"base", "acl", "config", "observe"},
    "store": {"types", "config", "observe", "base"},
    "pipe": {"resp", "base", "config", "observe"},
    "net": {"pipe", "resp", "config", "observe", "base"},
    "exec": BELOW_EXEC,
    "persist": BELOW_EXEC | {"exec"},
    "pubsub": BELOW_EXEC | {"exec"},
    "script": BELOW_EXEC | {"exec"},
    "repl": BELOW_EXEC | {"exec", "net"} | SIDES,
    "cluster": BELOW_EXEC | {"exec", "net"} | SIDES,
    "commands": BELOW_EXEC | {"exec", "repl", "cluster"} | SIDES,
    "server": BELOW_EXEC | {"exec", "repl", "cluster", "net", "commands"} | SIDES,
}
# These belong to the execution thread alone, so nothing in them needs a lock or an atomic.
LOCK_FREE = ("store", "types", "commands")
LOCK_WORDS = re.compile(r"std::(atomic|mutex|shared_mutex|recursive_mutex|condition_variable|"
                        r"lock_guard|unique_lock|scoped_lock)|#include <(atomic|mutex|shared_mutex|"
                        r"condition_variable)>|pthread_mutex")
# Words of a head comment that explain why a file is longer than MAX_LINES.
LONG_REASON = re.compile(r"\b600\b|long because", re.I)
# A row of src/commands, up to the next row or the end of the list.
ROW = re.compile(r"\bCommand\(\s*\{(.*?)(?=\bCommand\(\s*\{|\};|\Z)", re.S)


def relative(path):
    return os.path.relpath(path, ROOT)


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def sources(*folders, extensions=(".h", ".cc")):
    found = []
    for folder in folders:
        for directory, _, names in sorted(os.walk(os.path.join(ROOT, folder))):
            found += [os.path.join(directory, name) for name in sorted(names)
                      if name.endswith(extensions)]
    return found


def without_comments(text):
    """The code with comments and the inside of strings blanked out, line by line the same."""
    def blank(match):
        kept = match.group(0)
        if kept.startswith("/"):
            return re.sub(r"[^\n]", " ", kept)
        return kept
    pattern = r"//[^\n]*|/\*.*?\*/|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])'"
    return re.sub(pattern, blank, text, flags=re.S)


def head_comment(text):
    head = []
    for line in text.splitlines():
        if not line.startswith(("//", "#!", '"""')) and line.strip():
            break
        head.append(line)
    return "\n".join(head)


def check_arrows():
    """src: a file includes only its own folder and the folders below it"""
    broken = []
    for path in sources("src"):
        parts = relative(path).split(os.sep)
        if len(parts) != 3 or parts[1] not in ARROWS:
            broken.append(f"{relative(path)}: src has only the folders {', '.join(ARROWS)}")
            continue
        allowed = ARROWS[parts[1]] | {parts[1]}
        for number, line in enumerate(without_comments(read(path)).splitlines(), 1):
            include = re.match(r'\s*#\s*include\s+"([^"]+)"', line)
            if not include:
                continue
            folder = include.group(1).split("/")[0]
            if folder not in allowed:
                broken.append(f"{relative(path)}:{number}: {parts[1]} may not include "
                              f"{include.group(1)}")
            elif not os.path.exists(os.path.join(ROOT, "src", include.group(1))):
                broken.append(f"{relative(path)}:{number}: no such file: {include.group(1)}")
    return broken


def check_file_lengths():
    """a file past 600 lines says in its head comment why it is that long"""
    broken = []
    for path in sources("src", "tests", "benchmark", extensions=(".h", ".cc", ".py")):
        text = read(path)
        lines = text.count("\n")
        if lines > MAX_LINES and not LONG_REASON.search(head_comment(text)):
            broken.append(f"{relative(path)}: {lines} lines")
    return broken


def check_columns():
    """no line is longer than 100 columns"""
    broken = []
    for path in sources("src", "tests", "benchmark", extensions=(".h", ".cc", ".py")):
        for number, line in enumerate(read(path).splitlines(), 1):
            if len(line) > MAX_COLUMNS:
                broken.append(f"{relative(path)}:{number}: {len(line)} columns")
    return broken


def check_headers():
    """a header opens with a comment and has #pragma once"""
    broken = []
    for path in sources("src", "tests", "benchmark", extensions=(".h",)):
        text = read(path)
        if not re.search(r"^#pragma once$", text, re.M):
            broken.append(f"{relative(path)}: no #pragma once")
        if not text.startswith("//"):
            broken.append(f"{relative(path)}: does not open with its purpose")
    return broken


def check_lock_free():
    """store, types and commands hold no lock and no atomic"""
    broken = []
    for path in sources(*(os.path.join("src", folder) for folder in LOCK_FREE)):
        for number, line in enumerate(without_comments(read(path)).splitlines(), 1):
            if LOCK_WORDS.search(line):
                broken.append(f"{relative(path)}:{number}: {line.strip()}")
    return broken


def check_leftovers():
    """no unfinished business in the sources"""
    broken = []
    words = re.compile(r"\b(" + "|".join(("TO" + "DO", "FIX" + "ME", "X" * 3)) + r")\b")
    for path in sources("src", "tests", "benchmark", extensions=(".h", ".cc", ".py")):
        for number, line in enumerate(read(path).splitlines(), 1):
            if words.search(line):
                broken.append(f"{relative(path)}:{number}: {line.strip()}")
    return broken


def command_rows():
    """(words of the command, where its row is) of every row in src/commands."""
    rows = []
    for path in sources(os.path.join("src", "commands")):
        text = without_comments(read(path))
        for row in ROW.finditer(text):
            name = re.search(r'\.name\s*=\s*"([^"]+)"', row.group(1))
            parent = re.search(r'\.parent\s*=\s*"([^"]+)"', row.group(1))
            if not name:
                continue
            words = ([parent.group(1)] if parent else []) + re.split(r"[| ]", name.group(1))
            line = text.count("\n", 0, row.start()) + 1
            rows.append((words, f"{relative(path)}:{line}"))
    return rows


def check_command_tests():
    """every command's row has a test in tests/commands that names the command"""
    tests = "\n".join(read(path) for path in sources(os.path.join("tests", "commands")))
    broken = []
    for words, place in command_rows():
        # `CONFIG GET` in a dialogue, or "CONFIG", "GET" as separate arguments.
        named = r"[\s\",{]+".join(re.escape(word) for word in words)
        if not re.search(r"(?<![\w-])" + named + r"(?![\w-])", tests, re.I):
            broken.append(f"{place}: {' '.join(words).upper()}")
    return broken


def check_sample_config():
    """conf/gotthard.conf is what the option table prints (`make conf`)"""
    server = os.environ.get("GOTTHARD_SERVER",
                            os.path.join(ROOT, "build", "debug", "gotthard-server"))
    if not os.path.exists(os.path.join(ROOT, "src", "server", "main.cc")):
        return []
    if not os.path.exists(server):
        return [f"{relative(server)} is not built"]
    printed = subprocess.run([server, "--print-config"], capture_output=True, text=True,
                             timeout=60, stdin=subprocess.DEVNULL, check=False)
    if printed.returncode != 0:
        return [f"--print-config: status {printed.returncode}: {printed.stderr.strip()}"]
    sample = os.path.join(ROOT, "conf", "gotthard.conf")
    if not os.path.exists(sample):
        return ["conf/gotthard.conf is missing"]
    want, got = printed.stdout.splitlines(), read(sample).splitlines()
    for number, (left, right) in enumerate(zip(want, got), 1):
        if left != right:
            return [f"conf/gotthard.conf:{number}: has '{right}', the table says '{left}'"]
    return [] if len(want) == len(got) else ["conf/gotthard.conf: not as long as the table"]


def check_packages():
    """each line of deps/*.list is a Debian package and what it is for"""
    broken = []
    for path in sorted(glob.glob(os.path.join(ROOT, "deps", "*.list"))):
        for number, line in enumerate(read(path).splitlines(), 1):
            if line and not re.fullmatch(r"#.*|[a-z0-9][a-z0-9+.-]+(\[[a-z]+\])? +# \S.*", line):
                broken.append(f"{relative(path)}:{number}: {line}")
    return broken


CHECKS = (check_arrows, check_file_lengths, check_columns, check_headers, check_lock_free,
          check_leftovers, check_command_tests, check_sample_config, check_packages)


def main():
    failed = 0
    for check in CHECKS:
        broken = check()
        if broken:
            failed += 1
            print(f"broken: {check.__doc__}")
            for place in broken:
                print("  " + place)
    print(f"{len(CHECKS) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
