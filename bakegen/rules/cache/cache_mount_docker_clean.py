"""Rule CA369: apt's archives are mounted, and the image's hook empties them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.facts.model import PlatformFacts
from bakegen.rules.cache._mounts import APT, cache_mounts, inside
from bakegen.rules.cache._stages import lineage
from bakegen.rules.model import Example, Finding, Kind, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.dockerfile import Stage
    from bakegen.rules.dockerfiles import DockerfileSubject

_HOOK = "/etc/apt/apt.conf.d/docker-clean"
_HANDLED = ("docker-clean", "keep-downloaded-packages", "dir::cache", "/etc/apt", "apt_config")
_INSTALLS = ("install", "upgrade", "dist-upgrade", "full-upgrade", "build-dep")


def _has_hook(subject: DockerfileSubject, stage: Stage) -> bool:
    """Whether a stage's base image surely comes with the hook."""
    image = lineage(subject, stage)[0].start.image.text
    facts = subject.evidence.bases.get(image)
    if facts is not None:
        return _HOOK in facts.files
    return image.partition("@")[0].partition(":")[0] in ("debian", "ubuntu")


def _check(subject: DockerfileSubject) -> Iterator[Finding]:
    if any(word in subject.lower for word in _HANDLED):
        return
    for one in cache_mounts(subject):
        if not one.target or not inside("/var/cache/apt/archives", one.target) or one.target == "/":
            continue
        if not any(call.name in APT and call.sub in _INSTALLS for call in one.script.calls):
            continue
        if _has_hook(subject, one.stage):
            yield Finding(
                one.mount.span,
                f"the image's docker-clean hook deletes the packages in {one.target} after each install",
                f"remove {_HOOK} in an earlier RUN, or give apt-get "
                "-o Dir::Cache::Archives=/var/cache/apt/kept, which the hook does not know",
            )


_RUN = "RUN --mount=⟦type=cache,target=/var/cache/apt,sharing=locked⟧ apt-get update && apt-get install -y curl\n"
_PLAIN = _RUN.replace("⟦", "").replace("⟧", "")

RULE = Rule(
    code="CA369",
    name="cache-mount-docker-clean",
    summary="Stop docker-clean from emptying the cache mount of apt's archives",
    why=f"The images of Debian and Ubuntu come with `{_HOOK}`, which deletes `/var/cache/apt/archives/*.deb` whenever "
    "dpkg has run, so that no layer carries them. It does so in a cache mount as well: the mount stays empty, and "
    "every build downloads all packages again.\n\n"
    "Removing the hook in a RUN of its own changes the image by that one file. With "
    "`-o Dir::Cache::Archives=/var/cache/apt/kept` the image stays as it is, because the hook deletes by name. "
    "Nothing is said where the file speaks of the hook or of apt's settings at all.",
    severity=Severity.WARNING,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example("Debian", f"FROM debian\n{_RUN}"),
        Example(
            "An image that is known to have it",
            f"FROM python\n{_RUN}",
            bases={"python": PlatformFacts("sha256:0", files=frozenset((_HOOK,)))},
        ),
        Example("The hook is gone", f"FROM debian\nRUN rm {_HOOK}\n{_PLAIN}"),
        Example("Who knows what this image has", f"FROM python\n{_PLAIN}"),
        Example("Only the lists", f"FROM debian\n{_PLAIN.replace('/var/cache/apt', '/var/lib/apt/lists')}"),
    ),
    words=("/var/cache",),
    links=("https://docs.docker.com/reference/dockerfile/#run---mounttypecache",),
)
