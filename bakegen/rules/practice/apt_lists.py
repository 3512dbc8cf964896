"""Rule DF254: apt's package lists stay in the image."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.rules.model import Example, Finding, Kind, Rule
from bakegen.rules.practice._apt import LISTS, apt
from bakegen.rules.practice._commands import appended, behind, mounted, removes, script_of, shipped, tidied

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.rules.calls import RunScript, ShellCall
    from bakegen.rules.dockerfiles import DockerfileSubject

_REMOVE = f"rm -rf {LISTS}/*"


def _check(subject: DockerfileSubject) -> Iterator[Finding]:
    seen = set()
    for action in apt(subject, "update", also=("aptitude",)):
        call = action.call
        script = script_of(subject, call)
        if call.run in seen or _gone(script, call) or mounted(subject, call.run, LISTS) or not shipped(subject, call):
            continue
        seen.add(call.run)
        fix = None
        if not _relied_on(subject):
            fix = appended(subject, script, _REMOVE, "Remove the lists", "whatever reads the lists later finds none")
        message = f"the package lists that {call.name} update downloads stay in the image"
        yield Finding(call.span, message, "remove them in the same RUN, or mount a cache on the directory", fix=fix)


def _relied_on(subject: DockerfileSubject) -> bool:
    """Whether a RUN installs with the lists of another: without them it would fail."""
    runs = {action.call.run for action in apt(subject, "install", "build-dep", "upgrade", "dist-upgrade")}
    return bool(runs - {action.call.run for action in apt(subject, "update")})


def _gone(script: RunScript, update: ShellCall) -> bool:
    """Whether the lists are removed behind an update, as far as one can tell."""
    if tidied(script, update):
        return True
    for call in behind(script, update):
        if removes(call, LISTS) or (call.name in ("apt-get", "apt") and call.sub in ("distclean", "dist-clean")):
            return True
        # A text for another shell, a function, a loop over directories: whoever writes this path takes it away.
        if call.name not in ("mkdir", "install", "ls", "du") and any(LISTS in text for text in call.texts):
            return True
    text = script.text.text if script.text is not None else ""
    return f"in {LISTS}" in text or f"{LISTS}/lock" in text


RULE = Rule(
    code="DF254",
    name="apt-lists",
    summary="Leave apt's package lists out of the image",
    why="`apt-get update` downloads 20 to 50 MB of lists to `/var/lib/apt/lists`. They are out of date tomorrow, and "
    "in the image they are only weight. A later RUN cannot make the layer smaller again: they have to go in the RUN "
    "that downloaded them, or never be in a layer at all.\n\nThe better way is a cache mount, `RUN "
    "--mount=type=cache,target=/var/lib/apt,sharing=locked --mount=type=cache,target=/var/cache/apt,sharing=locked "
    "…`: then the lists are kept for the next build and are in no layer. Removing them in such a RUN empties the "
    "cache, so nothing is reported there, unlike other linters do for a mount on `/var/lib/apt` alone. The downloaded "
    "packages need no removal: the official Debian and Ubuntu images are configured to delete them by "
    "`/etc/apt/apt.conf.d/docker-clean`, which has to go where a cache mount is to keep them.\n\nStages that "
    "the last one is not built FROM are left alone: what is not copied out of them is in no image. A stage that keeps "
    "its lists so that images built on it can install is an exception; say so in an ignore comment.",
    severity=Severity.WARNING,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example(
            "The lists stay",
            "FROM debian:13\nRUN ⟦apt-get update⟧ && apt-get install -y curl\n",
            f"FROM debian:13\nRUN apt-get update && apt-get install -y curl && {_REMOVE}\n",
            safe=False,
        ),
        Example(
            "Removed too late, and needed until then",
            f"FROM debian:13\nRUN ⟦apt-get update⟧ >/dev/null\nRUN apt-get install -y curl\nRUN {_REMOVE}\n",
        ),
        Example(
            "Behind a redirection",
            "FROM debian:13\nRUN ⟦apt-get update⟧ >/dev/null\n",
            f"FROM debian:13\nRUN apt-get update >/dev/null && {_REMOVE}\n",
            safe=False,
        ),
        Example(
            "In a stage that the last one begins with",
            "FROM debian:13 AS base\nRUN ⟦apt-get update⟧; apt-get install -y curl\nFROM base\nCOPY . /app\n",
        ),
        Example(
            "Removed", "FROM debian:13\nRUN apt-get update && apt-get install -y curl && rm -rf /var/lib/apt/lists\n"
        ),
        Example(
            "Removed with more",
            "FROM debian:13\nRUN apt-get update && apt-get install -y git && rm -rf /var/lib/apt/*\n",
        ),
        Example(
            "In a cache mount",
            "FROM debian:13\nRUN --mount=type=cache,target=/var/lib/apt,sharing=locked \\\n"
            "    --mount=type=cache,target=/var/cache/apt,sharing=locked \\\n"
            "    apt-get update && apt-get install -y curl\n",
        ),
        Example(
            "In memory",
            "FROM debian:13\nRUN --mount=type=tmpfs,target=/var/lib/apt/lists apt-get update && make deps\n",
        ),
        Example(
            "Only files are taken from the stage",
            "FROM debian:13 AS build\nRUN apt-get update && apt-get install -y gcc\nFROM debian:13\n"
            "COPY --from=build /usr/bin/gcc /gcc\n",
        ),
    ),
    twins=("hadolint:DL3009",),
    words=("apt",),
)
