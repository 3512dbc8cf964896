"""``wget``, GNU's and busybox's: writes what it fetches to a file.

Source: the manual of GNU wget, sections 2 (options) and 6 (startup file).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bakegen.effects.access import Access, Opaque
from bakegen.effects.call import Argument, CallExample
from bakegen.effects.commands._network import fetches
from bakegen.effects.model import Tier
from bakegen.effects.options import read_options

if TYPE_CHECKING:
    from bakegen.effects.call import Call
    from bakegen.effects.model import CommandEffect

NAMES = ("wget",)
EXAMPLES = (
    CallExample("wget -qO /tmp/a https://x.org/a", reads=("/tmp", "/etc/ssl/**"), writes=("/tmp/a",)),
    CallExample("wget https://x.org/d/a.tgz", writes=("/w/**",), directory="/w"),
    CallExample("wget -q -P /opt https://x.org/a", writes=("/opt/**",)),
    CallExample("wget -qO- https://x.org | sh -c 'cat > /a'", writes=("/a", "/root/.wget-hsts")),
    CallExample("wget -i /list", barrier="-i"),
    CallExample("wget --execute robots=off x", barrier="--execute"),
)
_LONG = """
    quiet verbose no-verbose continue timestamping no-check-certificate show-progress no-cookies no-cache inet4-only
    inet6-only https-only no-clobber content-on-error no-hsts server-response no-proxy retry-connrefused no-netrc
    trust-server-names auth-no-challenge
"""
_LONG_VALUED = """
    output-document directory-prefix tries timeout header user-agent user password post-data method body-data waitretry
    read-timeout dns-timeout connect-timeout limit-rate referer max-redirect secure-protocol ca-certificate compression
    progress wait retry-on-http-error
"""


def effect(call: Call) -> CommandEffect | str:
    """The files."""
    access = Access(call)
    access.tier = Tier.KNOWLEDGE
    arguments = [Argument("--no-verbose", one.span) if one.text == "-nv" else one for one in call.arguments]
    options = read_options(arguments, "qvcNSd46", "OPtTUwY", _LONG.split(), _LONG_VALUED.split())
    fetches(access)
    access.environment("WGETRC", "SYSTEM_WGETRC", "HOME")
    for path in ("/etc/wgetrc", "/usr/local/etc/wgetrc", access.home(".wgetrc"), access.home(".netrc")):
        access.read(path)
    if access.around.environment.get("WGETRC") is not None:
        raise Opaque("WGETRC is set")
    # Servers may ask to be remembered.
    access.change(access.home(".wget-hsts"))
    certificate = options.last("--ca-certificate")
    if certificate is not None:
        access.read(certificate)
    if not options.operands:
        raise Opaque("it names nothing")
    output = options.last("-O", "--output-document")
    text = output.text if isinstance(output, Argument) else output
    if output is not None:
        if text != "-":
            access.change(output)
        return access.effect()
    # The last part of the address, which the server may lead elsewhere; with a number where that file exists.
    folder = options.last("-P", "--directory-prefix")
    if any(re.match(r"ftp:", one.text or one.prefix) for one in options.operands):
        raise Opaque("ftp is not looked into")
    access.change(folder or ".", tree=True)
    if folder is not None:
        access.make_directories(folder)
    return access.effect()
