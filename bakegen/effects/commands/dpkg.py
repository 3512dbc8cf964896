"""dpkg: package files of Debian, and questions about what is installed.

Source: dpkg(1), dpkg-query(1), dpkg-reconfigure(8).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.effects.access import Opaque
from bakegen.effects.call import CallExample
from bakegen.effects.model import Names
from bakegen.effects.system_packages import MAINTAINER, installs
from bakegen.effects.toolbox import NETWORK, Sheet
from bakegen.effects.words import grammar, read_words

if TYPE_CHECKING:
    from bakegen.effects.call import Call
    from bakegen.effects.model import CommandEffect

NAMES = ("dpkg", "dpkg-query", "dpkg-architecture", "dpkg-reconfigure")

_INSTALL = ("-i", "--install", "--unpack", "-r", "--remove", "-P", "--purge", "--configure")
_LOOK = (
    "-l", "--list", "-L", "--listfiles", "-s", "--status", "-S", "--search", "-W", "--show", "-p", "--print-avail",
    "-C", "--audit", "-V", "--verify", "--get-selections", "--print-architecture", "--print-foreign-architectures",
    "--compare-versions", "--version", "--help", "-q", "-A", "--list-known", "-f", "-c", "--contents", "-I", "--info",
)  # fmt: skip
_CHANGE = ("--add-architecture", "--remove-architecture", "--set-selections", "--clear-selections")
_GRAMMAR = grammar(
    " ".join((*_INSTALL, *_LOOK, *_CHANGE))
    + " -a --pending -E -G -R --recursive -B --no-act --simulate --dry-run --force-all --auto-deconfigure -u --no-pager"
    " --triggers-only --no-triggers --force-depends --force-overwrite --force-confdef --force-confold --force-confnew"
    " --force-confmiss --force-architecture --force-bad-version --skip-same-version --refuse-downgrade",
    "-D --debug --ignore-depends -o --option -t",
    "--force --no-force --refuse -f --showformat -qDEB_HOST_ARCH -qDEB_HOST_MULTIARCH -qDEB_BUILD_GNU_TYPE --frontend"
    " --priority",
)

EXAMPLES = (
    CallExample("dpkg -i /tmp/tool_1.0_amd64.deb", reads=("/tmp/tool_1.0_amd64.deb",), writes=("/usr/lib/**",),
                manifests=("/tmp/tool_1.0_amd64.deb",)),
    CallExample("dpkg --add-architecture i386", writes=("/var/lib/dpkg/**",)),
    CallExample("dpkg --print-architecture", reads=("/var/lib/dpkg/**",)),
    CallExample("dpkg-query -W -f=${Version} curl", reads=("/var/lib/dpkg/**",)),
    CallExample("dpkg --configure -a", writes=("/etc/**",)),
    CallExample("dpkg --root=/target -i x.deb", barrier="--root"),
)  # fmt: skip


def effect(call: Call) -> CommandEffect:
    """The effect of one call."""
    sheet = Sheet(call, "dpkg", NETWORK | MAINTAINER | Names.of("DPKG_*", "DEB_*", "DEBEMAIL"))
    words = sheet.understood(read_words(call.arguments, _GRAMMAR))
    for place in ("/etc/dpkg", "/var/lib/dpkg", "/etc/debconf.conf"):
        sheet.look_tree(place)
    if sheet.setting("DPKG_ROOT") or sheet.setting("DPKG_ADMINDIR") or sheet.lost:
        raise Opaque("DPKG_ROOT or DPKG_ADMINDIR moves dpkg's files")
    if call.name == "dpkg-reconfigure":
        installs(sheet, ())
        return sheet.plain()
    if call.name == "dpkg" and words.has(*_INSTALL):
        if words.has("-R", "--recursive"):
            raise Opaque("it installs all packages of a directory")
        files = words.has("-i", "--install", "--unpack")
        for operand in words.operands if files else ():
            sheet.archive(operand)
        installs(sheet, [operand.text or operand.prefix for operand in words.operands])
        sheet.locked = True
        return sheet.effect()
    if call.name == "dpkg" and words.has(*_CHANGE):
        sheet.write("/var/lib/dpkg")
        return sheet.plain()
    for operand in words.operands if words.has("-c", "--contents", "-I", "--info") else ():
        sheet.archive(operand)
    return sheet.plain()
