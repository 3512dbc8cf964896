"""Cache mounts of a file with what is known of them: target, id, user, and which programs keep a cache where."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

from bakegen.dockerfile.instructions import Run
from bakegen.text import Edit, Span
from bakegen.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.dockerfile import Stage
    from bakegen.dockerfile.mounts import Mount
    from bakegen.dockerfile.steps import Step
    from bakegen.rules.calls import RunScript
    from bakegen.rules.dockerfiles import DockerfileSubject

APT = frozenset(("apt-get", "apt", "aptitude"))
DNF = frozenset(("dnf", "dnf5", "yum", "microdnf", "tdnf"))
APK = frozenset(("apk",))
GRADLE = frozenset(("gradle", "gradlew"))
PIP = re.compile(r"pip[0-9.]*")

_LOCKED = {
    "/var/cache/apt": APT,
    "/var/lib/apt": APT,
    "/var/cache/dnf": DNF,
    "/var/cache/libdnf5": DNF,
    "/var/cache/yum": DNF,
    "/var/cache/apk": APK,
    "/etc/apk/cache": APK,
    "/root/.gradle": GRADLE,
    "/home/gradle/.gradle": GRADLE,
}


@dataclass(frozen=True)
class CacheMount:
    """One ``--mount=type=cache``.

    Attributes:
        stage, run, mount: where it stands.
        target: the absolute path, "" where that is not known.
        id: what it is called on the builder, "" where that is not known.
        script: the RUN's commands.
        step: the RUN with values; None inside an ONBUILD.
    """

    stage: Stage
    run: Run
    mount: Mount
    target: str
    id: str
    script: RunScript
    step: Step | None


def cache_mounts(subject: DockerfileSubject) -> Iterator[CacheMount]:
    """All cache mounts of a file in the order of its stages."""
    scripts = {script.run: script for script in subject.scripts}
    for stage, run in subject.each(Run):
        if not any(mount.kind == "cache" for mount in run.mounts):
            continue
        step = subject.steps.get(run)
        facts = step.mounts if step is not None and len(step.mounts) == len(run.mounts) else ()
        for number, mount in enumerate(run.mounts):
            if mount.kind != "cache":
                continue
            target = facts[number].target if facts else mount.get("target") or ""
            name = facts[number].id if facts else mount.get("id") or ""
            target = _absolute(target, step)
            yield CacheMount(stage, run, mount, target, _known(name) if name else target, scripts[run], step)


def _known(text: str) -> str:
    return "" if "$" in text else text


def _absolute(target: str, step: Step | None) -> str:
    if not target or "$" in target:
        return ""
    if not target.startswith("/"):
        if step is None or not step.directory:
            return ""
        target = posixpath.join(step.directory, target)
    return clean(target)


def clean(path: str) -> str:
    """An absolute path without needless parts."""
    return "/" + posixpath.normpath(path).lstrip("/") if path.startswith("/") else posixpath.normpath(path)


def inside(path: str, directory: str) -> bool:
    """Whether a path is a directory or lies in it."""
    return path == directory or path.startswith(directory.rstrip("/") + "/")


def locking_programs(target: str) -> frozenset[str]:
    """The programs that keep a directory for themselves while they run; none for other directories."""
    for directory, programs in _LOCKED.items():
        if inside(target, directory):
            return programs
    return frozenset()


def programs(script: RunScript) -> frozenset[str]:
    """The names of all programs that a RUN calls, as far as they are plain words."""
    return frozenset(call.name for call in script.calls if call.name)


def append_key(subject: DockerfileSubject, mount: Mount, text: str) -> tuple[Edit, ...]:
    """An edit that adds keys to a mount; none where its value is not written plainly."""
    if subject.slice(mount.span) != mount.text:
        return ()
    return (Edit(Span(mount.span.end, mount.span.end), f",{text}"),)


def replace_value(subject: DockerfileSubject, mount: Mount, key: str, text: str) -> tuple[Edit, ...]:
    """An edit that gives a key of a mount another value; none where the mount is not written plainly."""
    found = [*re.finditer(rf"(?<![^,]){key}=([^,]*)", mount.text, re.IGNORECASE)]
    if subject.slice(mount.span) != mount.text or len(found) != 1:
        return ()
    start = mount.span.start
    return (Edit(Span(start + found[0].start(1), start + found[0].end(1)), text),)
