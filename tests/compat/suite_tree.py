"""A private copy of the Redis test tree, changed so that it can score another server.

Purpose: the suite as shipped assumes a server that has everything and never dies. One error between
two tests, one directive refused, one lost process, and the rest of a file is silently not run. The
copy made here ends the smallest thing possible instead, and says what it is doing in a form that a
program can read (an event per line, see EVENTS below). The tree the user gave is only read.

Every change is a replacement of a text that must be there exactly once; a tree where it is not is
refused (the changes are written against 7.2).
"""

import os
import shutil

# Programs that tests start by the path src/NAME. The tree's own are preferred over those on PATH:
# their messages are of the same version as the tests that read them.
TOOLS = ("redis-cli", "redis-benchmark", "redis-check-aof", "redis-check-rdb")

# How long a server may take to print that it is up, in place of the suite's two minutes.
START_WAIT_S = 10


class TreeError(Exception):
    """The given tree is not one that this runner can use."""


# EVENTS: one line per message that the suite's worker sends to its master:
#   status SP base64(text) SP elapsed_ms
# where status is testing, ok, err, skip, ignore, server-spawned, server-killed, server-died, done.
EVENT_SINK = """
    set ::last_progress [clock seconds]
    if {![info exists ::compat_events]} {
        set ::compat_events [open $::env(COMPAT_EVENTS) a]
        fconfigure $::compat_events -buffering line
    }
    puts $::compat_events "$status [binary encode base64 $data] $elapsed"
"""

REPORT_STRAY_ERROR = """
proc compat_stray_error {error backtrace} {
    incr ::num_failed
    send_data_packet $::test_server_fd err \\
        "\\[between tests\\] in $::curfile\\n$error\\n$backtrace"
}
"""

RUN_FILE = """
    if {[catch {source $path} error]} {
        compat_stray_error $error $::errorInfo
    }
"""

# A server that crashes takes its time to write a report while its connections are closed already.
NOTE_DEAD_SERVER = """
            if {[regexp {I/O error|broken pipe|reset by peer|refused} $error]} {
                for {set i 0} {$i < 20 && [llength $::servers] && !$::external &&
                               [is_alive [lindex $::servers end]]} {incr i} { after 100 }
            }
            if {[llength $::servers] && !$::external && ![is_alive [lindex $::servers end]]} {
                send_data_packet $::test_server_fd server-died $name
            }
"""

# A process that is gone will not print its line any more: look at the log once more, then give up.
START_LOOP = """
        after $checkperiod
        if {[catch {exec kill -0 $pid}] && $maxiter > 2} { set maxiter 2 }
"""

START_LOST = """
                start_server_error $config_file [exec cat $stdout]
                set ::tags [lrange $::tags 0 end-[llength $tags]]
                return
"""

RESTART_LOST = """error "the server did not come back: [exec tail -n 5 $stdout]"
"""


def _ready_loop(count_name, lost):
    """(text before, text after) for a loop that waits for a server to be ready, dead or alive."""
    before = (f'"Ready to accept"] > ${count_name}}} {{\n'
              "                break\n            }\n")
    check = "            if {[catch {exec kill -0 $pid}]} {\n" + lost + "            }\n"
    return before, before + check


# file -> [(text that is there, text that takes its place)]
CHANGES = {
    "tests/test_helper.tcl": [
        ("\n    set ::last_progress [clock seconds]\n", EVENT_SINK),
        ("proc execute_test_file __testname {",
         REPORT_STRAY_ERROR + "\nproc execute_test_file __testname {"),
        ("    set ::curfile $path\n    source $path\n", "    set ::curfile $path\n" + RUN_FILE),
    ],
    "tests/support/test.tcl": [
        ("            set msg [string range $error 10 end]\n            lappend details $msg\n",
         "            lappend details [regsub {^assertion:} $error {}]\n"),
        ("            if {$::stop_on_failure} {\n",
         NOTE_DEAD_SERVER + "            if {$::stop_on_failure} {\n"),
    ],
    "tests/support/server.tcl": [
        ("set maxiter [expr {120*1000/$checkperiod}]",
         f"set maxiter [expr {{{START_WAIT_S}*1000/$checkperiod}}]"),
        ("        after $checkperiod\n", START_LOOP),
        ("        if {$::valgrind} {set retrynum 1000} else {set retrynum 100}\n",
         "        if {[catch {exec kill -0 $pid}]} {set retrynum 2} else {set retrynum 100}\n"),
        _ready_loop("previous_ready_count", START_LOST),
        _ready_loop("prev_ready_count", RESTART_LOST),
        # Without this a block whose server did not start leaves its tags behind for the whole file.
        ("            start_server_error $config_file $err\n            return\n",
         "            start_server_error $config_file $err\n"
         "            set ::tags [lrange $::tags 0 end-[llength $tags]]\n            return\n"),
        # An error between two tests ends its start_server block. Inside a test it goes up to the
        # test, so that the failure bears a name.
        ("            if {!$assertion && $::durable} {\n",
         "            if {$::durable && $::cur_test eq {}} {\n"
         "                compat_stray_error $error $backtrace\n"
         "                set ::tags [lrange $::tags 0 end-[llength $tags]]\n"
         "                return\n"
         "            } elseif {0} {\n"),
        ("    r function flush\n", "    catch {r function flush}\n"),
    ],
    # The original listens on every address for a moment to see whether a port is free.
    "tests/support/util.tcl": [
        ("[catch {set fd1 [socket -server 127.0.0.1 $port]}]",
         "[catch {set fd1 [socket -server 127.0.0.1 -myaddr 127.0.0.1 $port]}]"),
        ("[catch {set fd2 [socket -server 127.0.0.1 [expr $port+10000]]}]",
         "[catch {set fd2 [socket -server 127.0.0.1 -myaddr 127.0.0.1 [expr $port+10000]]}]"),
    ],
}


def _change(root, path, changes):
    full = os.path.join(root, path)
    # latin-1 keeps every byte as it is.
    with open(full, encoding="latin-1", newline="") as f:
        text = f.read()
    for old, new in changes:
        if text.count(old) != 1:
            raise TreeError(f"{path} is not Redis 7.2's: expected once, found {text.count(old)} "
                            f"times: {old.strip().splitlines()[0]}")
        text = text.replace(old, new)
    with open(full, "w", encoding="latin-1", newline="") as f:
        f.write(text)


def _link_tools(suite, root):
    for tool in TOOLS:
        own = os.path.join(suite, "src", tool)
        found = own if os.access(own, os.X_OK) else shutil.which(tool)
        if found:
            os.symlink(found, os.path.join(root, "src", tool))
        elif tool in ("redis-cli", "redis-benchmark"):
            raise TreeError(f"{tool} is neither built in {suite}/src nor on PATH "
                            "(Debian: redis-tools)")


def build(suite, server, root):
    """Fills the empty folder `root` with a tree that tests `server`. Raises TreeError."""
    suite = os.path.abspath(suite)
    if not os.path.isfile(os.path.join(suite, "tests", "test_helper.tcl")):
        raise TreeError(f"{suite} has no tests/test_helper.tcl: not a Redis source tree")
    shutil.copytree(os.path.join(suite, "tests"), os.path.join(root, "tests"),
                    ignore=shutil.ignore_patterns("tmp", "modules"))
    os.makedirs(os.path.join(root, "tests", "tmp"))
    os.makedirs(os.path.join(root, "src"))
    for name in ("redis.conf", "sentinel.conf"):
        if os.path.isfile(os.path.join(suite, name)):
            shutil.copy(os.path.join(suite, name), root)
    _link_tools(suite, root)
    if server:
        os.symlink(os.path.abspath(server), os.path.join(root, "src", "redis-server"))
    for path, changes in CHANGES.items():
        _change(root, path, changes)
