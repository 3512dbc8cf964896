"""``curl``: writes the files that it is told to, else only its output.

Source: curl's manual page. What is fetched may be another one tomorrow: that is so before and after any rewrite.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bakegen.effects.access import Access, Opaque
from bakegen.effects.call import Argument, CallExample
from bakegen.effects.commands._network import fetches
from bakegen.effects.model import Tier
from bakegen.effects.options import Options, read_options

if TYPE_CHECKING:
    from bakegen.effects.call import Call
    from bakegen.effects.model import CommandEffect

NAMES = ("curl",)
EXAMPLES = (
    CallExample("curl -fsSL https://x.org/a.tgz -o /tmp/a.tgz", reads=("/tmp", "/etc/ssl/**"), writes=("/tmp/a.tgz",)),
    CallExample("curl -LO 'https://x.org/d/a.tgz?x=1'", writes=("/w/a.tgz",), directory="/w"),
    CallExample("curl -sS https://x.org | tar -xz -C /opt", writes=("/opt/**",)),
    CallExample('curl -fsSL "https://x.org/$http_proxy.tgz" --create-dirs -o /a/b/c', writes=("/a/b/c", "/a/b", "/a")),
    CallExample('curl -O "https://x.org/$http_proxy/a"', writes=("/w/**",), directory="/w"),
    CallExample("curl -d @/body -c /jar https://x.org", reads=("/body",), writes=("/jar",)),
    CallExample("curl -K /config", barrier="-K"),
    CallExample("curl -OJ https://x.org/", barrier="-J"),
    CallExample("curl $http_proxy", barrier="may be an option"),
)
_FLAGS = "0123456789aBfgGiIjklLnNOpqRsSvZ#J"
_VALUED = "AbcCdDeEFhHKmoPQrtTuUwxXyYz"
_LONG = """
    fail fail-with-body silent show-error location location-trusted insecure remote-name remote-name-all compressed
    create-dirs include head verbose globoff ipv4 ipv6 http1.1 http2 http3 http1.0 tlsv1 tlsv1.0 tlsv1.1 tlsv1.2
    tlsv1.3 ssl-reqd retry-connrefused retry-all-errors progress-bar no-progress-meter proto-redir parallel get
    no-buffer netrc netrc-optional tcp-nodelay anyauth basic digest remote-header-name ssl-no-revoke disable
    path-as-is styled-output no-keepalive raw post301 post302 post303 ca-native remote-time
"""
_LONG_VALUED = """
    output url retry retry-delay retry-max-time connect-timeout max-time header user-agent request data data-raw
    data-binary data-urlencode form user proxy proto proto-default proto-redir cacert capath cert key pass resolve
    connect-to referer cookie cookie-jar dump-header write-out output-dir upload-file limit-rate max-redirs interface
    ciphers tls-max range noproxy json oauth2-bearer dns-servers doh-url stderr trace trace-ascii max-filesize
    keepalive-time speed-limit speed-time continue-at aws-sigv4 unix-socket proxy-header proxy-user tls13-ciphers
"""
_FILES_READ = ("--cacert", "--cert", "--key", "-E", "-T", "--upload-file")
_FILES_WRITTEN = ("-c", "--cookie-jar", "-D", "--dump-header", "--stderr", "--trace", "--trace-ascii")
_DATA = (
    "-d",
    "--data",
    "--data-binary",
    "--data-urlencode",
    "-F",
    "--form",
    "--json",
    "-b",
    "--cookie",
    "-H",
    "--header",
)


def effect(call: Call) -> CommandEffect | str:
    """The files."""
    access = Access(call)
    access.tier = Tier.KNOWLEDGE
    options = read_options(
        call.arguments,
        _FLAGS,
        _VALUED,
        (word for word in _LONG.split() if word != "proto-redir"),
        _LONG_VALUED.split(),
    )
    if options.any("-K"):
        raise Opaque("-K is not looked into")
    if options.any("-J", "--remote-header-name"):
        raise Opaque("with -J the server names the file")
    fetches(access)
    access.environment("CURL_*", "XDG_CONFIG_HOME", "HOME", "COLUMNS", "QLOGDIR")
    if not options.any("-q", "--disable"):
        for path in (".curlrc", ".config/curlrc"):
            access.read(access.home(path))
    if options.any("-n", "--netrc", "--netrc-optional"):
        access.read(access.home(".netrc"))
    for name in _FILES_READ:
        for value in options.every(name):
            access.read(value)
    if options.any("--capath"):
        access.read(options.every("--capath")[0], tree=True)
    for name in _DATA:
        for value in options.every(name):
            _data(access, name, value)
    for name in _FILES_WRITTEN:
        for value in options.every(name):
            if _text(value) not in ("-", "%"):
                access.change(value)
    _outputs(access, options)
    return access.effect()


def _outputs(access: Access, options: Options) -> None:
    urls = [*options.operands, *options.every("--url")]
    folder = options.last("--output-dir")
    base = _text(folder).rstrip("/") + "/" if folder is not None else ""
    if folder is not None and base == "/" and _text(folder) != "/":
        raise Opaque("its directory is not known")
    for value in options.every("-o", "--output"):
        text = _text(value)
        if text in ("-",):
            continue
        if isinstance(value, Argument) and value.text is None:
            if base:
                raise Opaque("where it writes is not known")
            access.change(value)
            continue
        if "#" in text:
            raise Opaque("an output with # in its name")
        if options.any("--create-dirs"):
            access.make_directories(base + text, plain=False)
        access.change(base + text)
    if options.any("-O", "--remote-name", "--remote-name-all"):
        for url in urls:
            text = _text(url)
            name = re.split(r"[?#]", text)[0].rstrip("/").rpartition("/")[2]
            if not text or not name or re.search(r"[{}\[\]]", text) or "//" not in text:
                access.change(base or ".", tree=True)
            else:
                access.change(base + name)


def _data(access: Access, name: str, value: Argument | str) -> None:
    text = _text(value) or (value.prefix if isinstance(value, Argument) else "")
    if isinstance(value, Argument) and value.text is None and not text:
        raise Opaque("data that is not known may name a file")
    if name in ("-b", "--cookie"):
        if "=" not in text:
            access.read(value)
        return
    for part in re.split(r"[@<]", text)[1:] if name in ("-F", "--form") else [text[1:]] if text[:1] == "@" else []:
        if isinstance(value, Argument) and value.text is None:
            raise Opaque("data that is not known may name a file")
        access.read(part.split(";")[0])
    if name == "--data-urlencode" and "@" in text and not text.startswith("@"):
        access.read(text.partition("@")[2])


def _text(value: Argument | str | None) -> str:
    return (value.text if isinstance(value, Argument) else value) or ""
