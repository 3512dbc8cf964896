"""apk: packages of Alpine.

Source: apk(8), apk-add(8), apk-cache(5), apk-repositories(5).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.effects.access import Opaque
from bakegen.effects.call import CallExample
from bakegen.effects.model import CacheDirectory, Names
from bakegen.effects.system_packages import MAINTAINER, installs
from bakegen.effects.toolbox import NETWORK, Sheet
from bakegen.effects.words import grammar, read_words

if TYPE_CHECKING:
    from bakegen.effects.call import Call
    from bakegen.effects.model import CommandEffect

NAMES = ("apk",)

_GRAMMAR = grammar(
    "-f --force -i --interactive --no-interactive --allow-untrusted --no-cache --no-network --no-progress --progress"
    " --no-check-certificate --purge -q --quiet -U --update-cache -v --verbose -V --version -h --help -l --latest -s"
    " --simulate -u --upgrade --no-chown --no-scripts --no-commit-hooks --force-broken-world --force-non-repository"
    " --force-old-apk --force-overwrite --force-refresh --clean-protected --overlay-from-stdin -a --available"
    " --rdepends -r --reinstall -d --self-upgrade-only --no-self-upgrade --prune --ignore --installed -e --print-arch"
    " -L --who-owns --contents -d --description --all --no-logfile",
    "-t --virtual -X --repository --wait --timeout --cache-max-age --repositories-file --keys-dir",
    "--initdb",
)
_INSTALL = ("add", "del", "upgrade", "fix")
_LOOK = ("info", "list", "search", "policy", "stats", "version", "dot", "verify", "audit", "")
_CACHE = "/etc/apk/cache"
_INDEX = "/var/cache/apk"

EXAMPLES = (
    CallExample(
        "apk add --no-cache curl=8.9.1-r1", reads=("/etc/apk/**", "/lib/**"), writes=("/usr/lib/**", "/etc/**")
    ),
    CallExample("apk add -U --virtual .build gcc musl-dev", writes=("/usr/bin/**", "/var/**")),
    CallExample("apk del .build", writes=("/usr/bin/**",)),
    CallExample("apk add --no-cache --allow-untrusted ./tool.apk", manifests=("/app/tool.apk",), directory="/app"),
    CallExample("apk update", writes=("/var/cache/apk/**",)),
    CallExample("apk info -e curl", reads=("/etc/apk/**",)),
    CallExample("apk add --root /target --initdb alpine-base", barrier="--root"),
    CallExample("apk fetch curl", barrier="apk fetch"),
)


def effect(call: Call) -> CommandEffect:
    """The effect of one call."""
    sheet = Sheet(call, "apk", NETWORK | MAINTAINER | Names.of("APK_*"))
    words = sheet.understood(read_words(call.arguments, _GRAMMAR))
    for place in ("/etc/apk", "/lib/apk", "/usr/lib/apk", "/usr/share/apk", "/var/cache/apk", "/var/lib/apk"):
        sheet.look_tree(place)
    for option in ("--repositories-file", "--keys-dir"):
        path = words.value(option)
        if path is not None:
            sheet.look_tree(path)
    for one in words.all("-X", "--repository"):
        if one.value is None or "://" not in one.value.removeprefix("@"):
            raise Opaque("a repository is a directory of the image")
    command = words.subcommand
    if command in _LOOK:
        return sheet.plain()
    if command == "cache":
        sheet.write(_INDEX)
        sheet.write(_CACHE)
        return sheet.plain()
    if command == "update":
        sheet.write(_INDEX)
        sheet.write(_CACHE)
        sheet.fetches()
    elif command in _INSTALL:
        names = []
        for operand in words.behind().operands:
            text = operand.text or operand.prefix
            if text.endswith(".apk") or "/" in text or operand.pattern:
                sheet.archive(operand)
            else:
                names.append(text)
        installs(sheet, names)
        sheet.fetches()
    else:
        raise Opaque(f"what apk {command} does is not known")
    # apk keeps packages where this directory is; without it the index is left at its other place.
    sheet.caches.append(CacheDirectory(_CACHE, "locked", (_CACHE, f"{_CACHE}/**", f"{_INDEX}/**")))
    sheet.defeat(words, "--no-cache")
    return sheet.effect()
