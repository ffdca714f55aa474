"""The npm clients `redis` and `ioredis`, each family of commands as applications use it.

The packages are those of tests/system/npm/package-lock.json, installed into build/npm with `npm ci`
from the registry that the user's npm is configured for. Without npm or a registry this fails.

How the daemon is found: _daemon.py. Nothing waits without a bound.
"""

import fcntl
import os
import re
import shutil
import subprocess
import sys

from _daemon import PATIENCE_SECONDS, Daemon

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCES = os.path.join(HERE, "npm")
INSTALLED = os.path.join(os.path.dirname(os.path.dirname(HERE)), "build", "npm")
INSTALL_SECONDS = 300


def fail(text):
    print(text)
    print("0 passed, 1 failed")
    sys.exit(1)


def read(path):
    try:
        with open(path, "rb") as f:
            return f.read()
    except FileNotFoundError:
        return None


def install():
    """Brings build/npm to the state of the lock file; does nothing when it is there already. Two
    runs at the same time wait for each other."""
    os.makedirs(os.path.dirname(INSTALLED), exist_ok=True)
    with open(INSTALLED + ".lock", "w", encoding="utf-8") as lock_file:
        fcntl.flock(lock_file, fcntl.LOCK_EX)
        install_alone()


def install_alone():
    lock = read(os.path.join(SOURCES, "package-lock.json"))
    done = os.path.join(INSTALLED, ".installed")  # the lock file whose packages are there
    if read(done) != lock:
        shutil.rmtree(INSTALLED, ignore_errors=True)
        os.makedirs(INSTALLED)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(os.path.join(SOURCES, name), INSTALLED)
        try:
            npm = subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"],
                                 cwd=INSTALLED, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                 stderr=subprocess.STDOUT, text=True, timeout=INSTALL_SECONDS)
        except FileNotFoundError:
            fail("npm is not on the PATH: deps/install.sh test")
        except subprocess.TimeoutExpired:
            fail(f"npm ci took longer than {INSTALL_SECONDS} s: is there a registry?")
        if npm.returncode != 0:
            fail("npm ci failed; it needs a registry, see `npm config get registry`:\n"
                 + npm.stdout)
        with open(done, "wb") as f:
            f.write(lock)
    # Modules are looked for beside the file that imports them.
    for name in os.listdir(SOURCES):
        if name.endswith(".mjs"):
            shutil.copy(os.path.join(SOURCES, name), INSTALLED)


def main():
    install()
    passed, failed = 0, 0
    for options in ([], ["--io-threads", "3"]):
        daemon = Daemon(*options)
        for name in ("redis_client.mjs", "ioredis_client.mjs"):
            try:
                node = subprocess.run(["node", name, str(daemon.port)], cwd=INSTALLED,
                                      stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                      stderr=subprocess.STDOUT, text=True,
                                      timeout=2 * PATIENCE_SECONDS)
                output, status = node.stdout, node.returncode
            except subprocess.TimeoutExpired as expired:
                output, status = (expired.stdout or b"").decode() + "\nhung\n", -1
            total = re.search(r"^(\d+) passed, (\d+) failed$", output, re.M)
            good, bad = (int(total[1]), int(total[2])) if total and status == 0 else (0, 1)
            passed += good
            failed += bad
            if bad or not good:
                print(f"{name} {' '.join(options)}:\n{output}")
        daemon.stop()
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
