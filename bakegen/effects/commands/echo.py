"""Commands that touch no file: ``echo``, ``sleep``, ``date``, …; as programs, for shells carry some out themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.effects.access import Access, Opaque
from bakegen.effects.call import CallExample
from bakegen.effects.model import ALL_NAMES
from bakegen.effects.options import read_options
from bakegen.effects.places import entry

if TYPE_CHECKING:
    from bakegen.effects.call import Call
    from bakegen.effects.model import CommandEffect

NAMES = (
    "echo", "printf", "true", "false", "pwd", "sleep", "date", "id", "whoami", "groups", "uname", "arch", "nproc",
    "seq", "expr", "basename", "dirname", "printenv", "env", "yes", "tty", "getconf", "logname", "hostname", "tr",
    "uptime", "lscpu", "free", "sync",
)  # fmt: skip
EXAMPLES = (
    CallExample("/bin/echo $X", reads=("/bin/echo",)),
    CallExample("date -r /etc/x", reads=("/etc/x",)),
    CallExample("id -u app", reads=("/etc/passwd", "/etc/group")),
    CallExample("env | sort", reads=("/bin/sort",), variables={"PATH": "/bin"}),
    CallExample("sleep 1 && uname -m && nproc", reads=("/bin/nproc",), variables={"PATH": "/bin"}),
    CallExample("date -s now", barrier="-s"),
    CallExample("hostname -F /x", barrier="host"),
)


def effect(call: Call) -> CommandEffect | str:
    """Nothing, but what users and times are looked up in."""
    access = Access(call)
    if call.name in ("id", "whoami", "groups", "logname"):
        access.reads |= {entry("/etc/passwd"), entry("/etc/group")}
    elif call.name in ("printenv", "env"):
        access.variables = ALL_NAMES
    elif call.name == "hostname" and any(one.text not in ("-f", "-s", "-i", "-I", "-d") for one in call.arguments):
        raise Opaque("it may change the name of the host")
    elif call.name == "date":
        options = read_options(call.arguments, "uR", "drDI", ("utc", "rfc-email", "iso-8601"), ("date", "reference"))
        for path in options.every("-r", "--reference"):
            access.read(path)
    return access.effect()
