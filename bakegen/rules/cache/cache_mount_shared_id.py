"""Rule CA331: one cache mount for stages of different distributions."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.rules.cache._mounts import APT, PIP, cache_mounts, inside, programs
from bakegen.rules.cache._stages import lineage
from bakegen.rules.model import Example, Finding, Kind, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.dockerfile import Stage
    from bakegen.rules.cache._mounts import CacheMount
    from bakegen.rules.dockerfiles import DockerfileSubject

_CODE_NAMES = {
    "buster": "debian", "bullseye": "debian", "bookworm": "debian", "trixie": "debian",
    "focal": "ubuntu", "jammy": "ubuntu", "noble": "ubuntu",
}  # fmt: skip
_NUMBERS = {
    ("debian", "10"): "buster", ("debian", "11"): "bullseye", ("debian", "12"): "bookworm",
    ("debian", "13"): "trixie",
    ("ubuntu", "20.04"): "focal", ("ubuntu", "22.04"): "jammy", ("ubuntu", "24.04"): "noble",
}  # fmt: skip


def _distribution(subject: DockerfileSubject, stage: Stage) -> tuple[str, str]:
    """Distribution and release of a stage's base image, "" for what is not known."""
    image = lineage(subject, stage)[0].start.image.text
    facts = subject.evidence.bases.get(image)
    if facts is not None and facts.distribution:
        release = facts.version
        return facts.distribution, _NUMBERS.get((facts.distribution, release), release)
    if "$" in image:
        return "", ""
    rest, _, tag = image.partition("@")[0].rpartition("/")[2].partition(":")
    for name in re.split(r"[-_.]", tag):
        if name in _CODE_NAMES:
            return _CODE_NAMES[name], name
    if rest in ("debian", "ubuntu"):
        number = tag.removesuffix("-slim")
        number = number.partition(".")[0] if rest == "debian" else number
        return rest, _NUMBERS.get((rest, number), "")
    if rest == "alpine" or re.search(r"(?:^|-)alpine(?:$|[\d.-])", tag):
        return "alpine", ""
    return "", ""


def _apart(one: CacheMount, other: CacheMount, here: tuple[str, str], there: tuple[str, str]) -> str:
    """Why two mounts should not be one, as a clause; "" where they may."""
    names = (" ".join(filter(None, here)), " ".join(filter(None, there)))
    both = programs(one.script) & programs(other.script)
    if both & APT and (inside(one.target, "/var/cache/apt") or inside(one.target, "/var/lib/apt")):
        if here[0] != there[0] or (here[1] and there[1] and here[1] != there[1]):
            return f"apt of {names[0]} finds the lists and packages of {names[1]} in it"
    elif (here[0] == "alpine") != (there[0] == "alpine") and (
        any(PIP.fullmatch(name) for name in both) or both & {"uv", "poetry"}
    ):
        return f"wheels that were built on {names[1]} are taken for those of {names[0]}"
    return ""


def _name(one: CacheMount) -> tuple[str | None, ...]:
    """What makes two mounts the same cache."""
    return (one.id, one.mount.get("uid"), one.mount.get("gid"), one.mount.get("mode"), one.mount.source_stage)


def _check(subject: DockerfileSubject) -> Iterator[Finding]:
    mounts = [one for one in cache_mounts(subject) if one.id and one.target]
    if len({one.stage.index for one in mounts}) < 2:
        return
    known = {stage.index: _distribution(subject, stage) for stage in subject.stages}
    for number, one in enumerate(mounts):
        here = known[one.stage.index]
        for other in mounts[:number]:
            there = known[other.stage.index]
            if _name(other) != _name(one) or not here[0] or not there[0]:
                continue
            why = _apart(one, other, here, there)
            if why:
                yield Finding(
                    one.mount.span,
                    f"the cache {one.id} is also that of the stage {other.stage.label}: {why}",
                    "give each an id of its own",
                    ((other.mount.span, f"the other one, on {' '.join(filter(None, there))}"),),
                )
                break


_APT_RUN = "RUN --mount=type=cache,target=/var/cache/apt,sharing=locked apt-get install -y gcc\n"

RULE = Rule(
    code="CA331",
    name="shared-cache-mount-id",
    summary="Give cache mounts of different distributions different ids",
    why="Without an `id` a cache mount is called by its target, and all RUNs of a builder with the same target share "
    "one directory, whatever image they run in. apt deletes the lists that its own sources do not name, so that Debian "
    "and Ubuntu throw out each other's at every build. pip and uv keep the wheels that they built themselves under "
    "names that do not tell the C library: one that was built on Debian may be installed on Alpine, and fails when it "
    "is loaded.\n\nAn `id` with the distribution in it (`id=myapp-apt-bookworm`) keeps them apart. "
    "Caches of downloads alone (npm, Go modules, Cargo's registry) may be shared.",
    severity=Severity.WARNING,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example(
            "apt of Debian and of Ubuntu",
            f"FROM debian:12 AS a\n{_APT_RUN}\nFROM ubuntu:24.04\n"
            "RUN --mount=⟦type=cache,target=/var/cache/apt,sharing=locked⟧ apt-get install -y gcc\n",
        ),
        Example(
            "Wheels of two C libraries",
            "FROM python:3.13-bookworm AS a\nRUN --mount=type=cache,id=pip,target=/root/.cache/pip pip install lxml\n\n"
            "FROM python:3.13-alpine\nRUN --mount=⟦type=cache,id=pip,target=/root/.cache/pip⟧ pip install lxml\n",
            message="wheels that were built on debian bookworm",
        ),
        Example("Twice the same release", f"FROM debian:12 AS a\n{_APT_RUN}\nFROM debian:bookworm-slim\n{_APT_RUN}"),
        Example(
            "An id of its own",
            f"FROM debian:12 AS a\n{_APT_RUN}\nFROM ubuntu:24.04\n{_APT_RUN.replace('cache,', 'cache,id=ubuntu-apt,')}",
        ),
        Example("Nobody knows what the other image is", f"FROM debian:12 AS a\n{_APT_RUN}\nFROM golang\n{_APT_RUN}"),
        Example(
            "Downloads of npm fit everywhere",
            "FROM node:24-bookworm AS a\nRUN --mount=type=cache,target=/root/.npm npm ci\n\n"
            "FROM node:24-alpine\nRUN --mount=type=cache,target=/root/.npm npm ci\n",
        ),
    ),
    words=("type=cache",),
    links=("https://docs.docker.com/reference/dockerfile/#run---mounttypecache",),
)
