"""Rule DF261: ``apt`` in a script."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.rules.model import Example, Finding, Fix, Kind, Rule
from bakegen.text import Edit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.rules.calls import ShellCall
    from bakegen.rules.dockerfiles import DockerfileSubject

_SAME = ("update", "install", "remove", "purge", "autoremove", "clean", "autoclean", "build-dep", "source", "download")
_CACHE = ("search", "show", "policy", "depends", "rdepends", "showsrc", "madison")
_QUIET = frozenset(("-y", "--yes", "--assume-yes", "-q", "-qq", "-qy", "-yq", "-yqq", "-qqy", "--quiet"))


def _check(subject: DockerfileSubject) -> Iterator[Finding]:
    for call in subject.calls("apt"):
        other = "apt-cache" if call.sub in _CACHE else "apt-get"
        message = f"apt {call.sub} is meant for people at a terminal".replace("  ", " ")
        yield Finding(call.program.span, message, f"use {other}", fix=_fix(call, other))


def _fix(call: ShellCall, other: str) -> Fix | None:
    verb = call.texts[0] if call.texts and call.sub == call.texts[0] else call.sub
    if call.tree is None or call.program.text != "apt" or verb not in (*_SAME, *_CACHE):
        return None
    edit = Edit(call.program.span, other)
    if verb == "update" and all(word.literal for word in call.words) and set(call.texts) - _QUIET == {"update"}:
        why = "both download the same lists; they differ in what they print"
        return Fix((edit,), f"Use {other}", True, why, ("/var/cache/apt/**",))
    if other == "apt-cache":
        return Fix((edit,), f"Use {other}", False, "what it prints has another form, and something may read it")
    why = "apt-get keeps the downloaded packages where the image is not configured to delete them"
    return Fix((edit,), f"Use {other}", False, why)


RULE = Rule(
    code="DF261",
    name="apt-end-user",
    summary="Use apt-get and apt-cache in place of apt",
    why="`apt` is for people: its options and what it prints may change with any version, and it says so on every call "
    "(*apt does not have a stable CLI interface*). `apt-get` and `apt-cache` keep theirs.\n\nThe fix is safe for "
    "`apt update`. For the others it is not: `apt` deletes the packages that it has installed, `apt-get` keeps them in "
    "`/var/cache/apt/archives` unless the image is configured otherwise, as the official Debian and Ubuntu images are. "
    "There is no fix for `apt upgrade`, which installs new packages and `apt-get upgrade` does not: that is "
    "`apt-get upgrade --with-new-pkgs`.",
    severity=Severity.NOTE,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example(
            "The lists",
            "FROM debian\nRUN ⟦apt⟧ update -qq\n",
            "FROM debian\nRUN apt-get update -qq\n",
            build=False,  # what a mirror hands out changes by the hour
        ),
        Example(
            "The lists of a mirror of one's own",
            "FROM debian\nCOPY mirror.sources /etc/apt/sources.list.d/debian.sources\nRUN ⟦apt⟧ update -qq\n",
            "FROM debian\nCOPY mirror.sources /etc/apt/sources.list.d/debian.sources\nRUN apt-get update -qq\n",
            files={"mirror.sources": "# Types, URIs and Suites of the team's mirror\n"},
        ),
        Example(
            "An install",
            "FROM debian:13\nRUN ⟦apt⟧ install -y curl\n",
            "FROM debian:13\nRUN apt-get install -y curl\n",
            safe=False,
        ),
        Example(
            "A look",
            "FROM debian:13\nRUN ⟦apt⟧ show curl\n",
            "FROM debian:13\nRUN apt-cache show curl\n",
            safe=False,
        ),
        Example("An upgrade, which would be another", "FROM debian:13\nRUN ⟦apt⟧ upgrade -y\n", message="apt upgrade"),
        Example("apt-get", "FROM debian:13\nRUN apt-get update && apt-get install -y apt\n"),
        Example("A directory of that name", "FROM debian:13\nRUN ls /etc/apt && echo apt update\n"),
    ),
    twins=("hadolint:DL3027",),
    words=("apt",),
)
