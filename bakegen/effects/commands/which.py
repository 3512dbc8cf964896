"""``which``, ``ldconfig``, ``update-ca-certificates``, ``mktemp``: tools of the system with fixed places."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.effects.access import Access, Opaque
from bakegen.effects.call import CallExample
from bakegen.effects.model import Tier
from bakegen.effects.options import read_options
from bakegen.effects.places import entry, tree

if TYPE_CHECKING:
    from bakegen.effects.call import Call
    from bakegen.effects.model import CommandEffect

NAMES = ("which", "ldconfig", "update-ca-certificates", "update-ca-trust", "mktemp")
EXAMPLES = (
    CallExample("which node", reads=("/bin/node",), variables={"PATH": "/bin"}),
    CallExample("ldconfig", reads=("/etc/ld.so.conf", "/usr/lib/**"), writes=("/etc/ld.so.cache", "/usr/lib/**")),
    CallExample(
        "update-ca-certificates", reads=("/usr/local/share/ca-certificates/**",), writes=("/etc/ssl/certs/**",)
    ),
    CallExample("mktemp -d", writes=("/tmp/**",)),
    CallExample("ldconfig -r /x", barrier="-r"),
)
_LIBRARIES = ("/lib", "/lib32", "/lib64", "/usr/lib", "/usr/lib32", "/usr/lib64", "/usr/local/lib", "/usr/local/lib64")


def effect(call: Call) -> CommandEffect | str:
    """The tool's places."""
    access = Access(call)
    if call.name == "which":
        for word in read_options(call.arguments, "as").operands:
            if word.text is None:
                raise Opaque("what it looks for is not known")
            access.runs(word.text)
        return access.effect()
    access.tier = Tier.KNOWLEDGE
    if call.name == "ldconfig":
        if any(one.text != "-v" for one in call.arguments):
            raise Opaque(f"the option {call.arguments[0].text} is not known")
        access.reads |= {entry("/etc/ld.so.conf"), tree("/etc/ld.so.conf.d"), entry("/var/cache")}
        for path in _LIBRARIES:
            access.spread(path)
        access.change("/etc/ld.so.cache")
        access.change("/var/cache/ldconfig", tree=True)
        access.assume("/etc/ld.so.conf names no other directories than the usual ones")
    elif call.name == "mktemp":
        options = read_options(call.arguments, "dqut", "p", ("directory", "quiet", "dry-run"), ("suffix", "tmpdir"))
        if options.operands or options.any("-p", "--tmpdir"):
            raise Opaque("a template or a directory is given")
        if access.around.environment.get("TMPDIR") is not None or "TMPDIR" in access.around.unsure:
            raise Opaque("TMPDIR is set")
        access.change("/tmp", tree=True)
    else:
        if any(one.text not in ("--fresh", "-f", "-v", "--verbose", "extract") for one in call.arguments):
            raise Opaque("an option that is not known")
        for path in ("/usr/share/ca-certificates", "/usr/local/share/ca-certificates", "/etc/ca-certificates"):
            access.read(path, tree=True)
        for path in ("/usr/share/pki", "/etc/pki", "/etc/ssl", "/usr/share/ca-certificates/trust-source"):
            access.read(path, tree=True)
        access.read("/etc/ca-certificates.conf")
        access.change("/etc/ssl/certs", tree=True)
        access.change("/etc/pki/ca-trust/extracted", tree=True)
        access.change("/etc/ssl/cert.pem")
        access.change("/tmp", tree=True)
        access.runs(
            "openssl", "mktemp", "sed", "find", "sort", "cat", "mv", "rm", "ln", "run-parts", "trust", "p11-kit"
        )
        access.assume("no hook in /etc/ca-certificates/update.d changes anything else")
    return access.effect()
