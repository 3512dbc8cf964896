"""Rule DF260: apk's package index stays in the image."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.rules.model import Example, Finding, Kind, Rule
from bakegen.rules.practice._apk import CACHE, adds
from bakegen.rules.practice._commands import behind, mounted, put_behind, removes, script_of, shipped, tidied

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.rules.calls import ShellCall
    from bakegen.rules.dockerfiles import DockerfileSubject


def _check(subject: DockerfileSubject) -> Iterator[Finding]:
    for action in adds(subject):
        call = action.call
        if not action.sure or call.has("--no-cache", "--cache-dir", "--root", "-p", "--no-network", "--simulate", "-s"):
            continue
        if _gone(subject, call) or mounted(subject, call.run, CACHE, "/etc/apk/cache") or not shipped(subject, call):
            continue
        why = "later commands download the index again, and fail where they do not"
        fix = put_behind(action.verb, call, "--no-cache", "Add --no-cache", why)
        message = "the index of packages that apk add reads stays in the image"
        yield Finding(action.verb.span, message, "add --no-cache, or mount a cache on /var/cache/apk", fix=fix)


def _gone(subject: DockerfileSubject, call: ShellCall) -> bool:
    script = script_of(subject, call)
    return tidied(script, call) or any(
        removes(one, CACHE) or (one.name == "apk" and one.texts[:2] in (("cache", "clean"), ("cache", "purge")))
        for one in behind(script, call)
    )


RULE = Rule(
    code="DF260",
    name="apk-cache",
    summary="Leave apk's index of packages out of the image",
    why="`apk update` and `apk add -U` leave the index of all packages, some 2 to 3 MB, in `/var/cache/apk`. With "
    "`--no-cache` apk reads the newest index and leaves none: no `apk update` before, no `rm` behind.\n\nWith a cache "
    "mount on `/var/cache/apk` the flag would be wrong, and nothing is reported: what apk keeps there is in no layer, "
    "and the next build finds it again (apk keeps packages, too, where `/etc/apk/cache` leads there: "
    "`RUN --mount=type=cache,target=/var/cache/apk,sharing=locked ln -sf /var/cache/apk /etc/apk/cache && apk add -U "
    "…`). Nor is anything reported where the RUN removes the index itself, and in stages that the last one is not "
    "built FROM.",
    severity=Severity.NOTE,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example(
            "The index stays",
            "FROM alpine:3.22\nRUN apk update && apk ⟦add⟧ curl\n",
            "FROM alpine:3.22\nRUN apk update && apk add --no-cache curl\n",
            safe=False,
        ),
        Example("No cache", "FROM alpine:3.22\nRUN apk add --no-cache curl && apk --no-cache add git\n"),
        Example(
            "A cache mount",
            "FROM alpine:3.22\nRUN --mount=type=cache,target=/var/cache/apk,sharing=locked apk add -U curl\n",
        ),
        Example("Removed behind it", "FROM alpine:3.22\nRUN apk add -U curl && rm -rf /var/cache/apk/*\n"),
        Example(
            "Only files are taken from the stage",
            "FROM alpine:3.22 AS build\nRUN apk add -U gcc\nFROM alpine:3.22\nCOPY --from=build /x /x\n",
        ),
    ),
    twins=("hadolint:DL3019",),
    words=("apk",),
)
