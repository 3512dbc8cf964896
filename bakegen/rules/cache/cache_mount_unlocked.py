"""Rule CA330: a cache mount of a tool that cannot share it, without ``sharing=locked``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.rules.cache._mounts import append_key, cache_mounts, locking_programs, programs, replace_value
from bakegen.rules.model import Example, Finding, Fix, Kind, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.rules.dockerfiles import DockerfileSubject

_REASON = "how builds share the directory is no part of the image"


def _check(subject: DockerfileSubject) -> Iterator[Finding]:
    for one in cache_mounts(subject):
        sharing = one.mount.get("sharing")
        if sharing is not None and sharing.lower() != "shared":
            continue
        used = sorted(locking_programs(one.target) & programs(one.script))
        if not used:
            continue
        edits = (
            append_key(subject, one.mount, "sharing=locked")
            if sharing is None
            else replace_value(subject, one.mount, "sharing", "locked")
        )
        # A trigger is a text of the image's config.
        fix = Fix(edits, "Lock the cache", not one.script.onbuild, _REASON) if edits else None
        message = f"{used[0]} cannot share {one.target} with another build, and the mount lets two use it at once"
        yield Finding(one.mount.span, message, "add sharing=locked", fix=fix)


_BEFORE = "RUN --mount=⟦type=cache,target=/var/cache/apt⟧ apt-get update && apt-get install -y curl\n"
_AFTER = "RUN --mount=type=cache,target=/var/cache/apt,sharing=locked apt-get update && apt-get install -y curl\n"

RULE = Rule(
    code="CA330",
    name="cache-mount-unlocked",
    summary="Lock cache mounts of package managers that need a cache for themselves",
    why="A cache mount is shared by default: two RUNs, of one build or of two, may use it at the same time. apt, dnf, "
    "apk and gradle take a lock in their cache and give up, or wait until they time out, where somebody else has it: "
    "`Could not get lock /var/cache/apt/archives/lock`. It happens now and then, and more often the more is built in "
    "parallel.\n\n"
    "With `sharing=locked` the second build waits until the first one is done. `sharing=private` gives it a directory "
    "of its own instead, which starts empty. pip, npm, go and cargo need neither.",
    severity=Severity.WARNING,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example("apt's archives", "FROM debian\n" + _BEFORE, "FROM debian\n" + _AFTER, build=False),
        Example(
            "Without the network",
            "FROM debian\nRUN --mount=⟦type=cache,target=/var/cache/apt⟧ apt-get check\n",
            "FROM debian\nRUN --mount=type=cache,target=/var/cache/apt,sharing=locked apt-get check\n",
        ),
        Example(
            "Shared on purpose, and still wrong",
            "FROM alpine\nRUN --mount=⟦type=cache,sharing=shared,target=/etc/apk/cache⟧ \\\n    apk add curl\n",
            "FROM alpine\nRUN --mount=type=cache,sharing=locked,target=/etc/apk/cache \\\n    apk add curl\n",
            build=False,
        ),
        Example(
            "In a trigger, whose text the image keeps",
            f"FROM debian\nONBUILD {_BEFORE}",
            f"FROM debian\nONBUILD {_AFTER}",
            safe=False,
        ),
        Example(
            "Each build has its own",
            "FROM debian\nRUN --mount=type=cache,sharing=private,target=/var/lib/apt/lists apt-get update\n",
        ),
        Example(
            "pip shares its cache", "FROM python\nRUN --mount=type=cache,target=/root/.cache/pip pip install flask\n"
        ),
        Example(
            "A directory that no package manager locks here",
            "FROM debian\nRUN --mount=type=cache,target=/var/cache/apt ls /var/cache/apt\n",
        ),
    ),
    words=("type=cache",),
    links=("https://docs.docker.com/reference/dockerfile/#run---mounttypecache",),
)
