"""What the rules about ``--link`` share: which copies are linked, what is on their way, what images have where."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

from bakegen.dockerfile.instructions import Copy, Run, Transfer, Workdir
from bakegen.rules.cache._stages import absolute, destination, directory, lineage
from bakegen.text import Edit, Span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.dockerfile import Stage
    from bakegen.dockerfile.instructions import Command
    from bakegen.effects.stages import StageView, StepView
    from bakegen.facts.model import PlatformFacts
    from bakegen.rewrites.standing import Past
    from bakegen.rules.dockerfiles import DockerfileSubject
    from bakegen.rules.model import Fix

_BIN = {name: f"usr{name}" for name in ("/bin", "/sbin", "/lib", "/lib64")}
_RUN = {"/var/run": "/run", "/var/lock": "/run/lock"}
_NEW_DEBIAN = re.compile(r"(?:.*-)?(?:bookworm|trixie|forky)(?:-.*)?")
_OLD_UBUNTU = re.compile(r"(?:1[0-9]|[4-9])\.|(?:precise|trusty|xenial|bionic)")
_OFFICIAL = ("library/", "docker.io/library/", "docker.io/", "index.docker.io/library/")


def linked(subject: DockerfileSubject) -> Iterator[tuple[Stage, Transfer]]:
    """The copies with a ``--link`` that counts; beside ``--chmod`` BuildKit ignores it."""
    for stage in subject.stages:
        for command in stage.commands:
            if isinstance(command, Transfer) and command.link and command.chmod is None:
                yield stage, command


def link_flag(command: Transfer) -> Span:
    """Where ``--link`` stands in a copy that has one."""
    node = command.node
    flag = next(flag for flag in node.flags if flag.text.partition("=")[0] == "--link")
    return node.place(flag.start, flag.end)


def without_link(subject: DockerfileSubject, command: Transfer, *, safe: bool, why: str) -> Fix | None:
    """A fix that takes ``--link`` out of a copy; None where it stands on a line of its own."""
    from bakegen.rules.model import Fix

    span, text = link_flag(command), subject.source.text
    start = span.start
    while text[start - 1] in " \t":
        start -= 1
    if text[start - 1] == "\n":
        return None
    return Fix((Edit(Span(start, span.end), ""),), "Copy without --link", safe, why)


def into(command: Transfer) -> bool:
    """Whether the destination says that it is a directory."""
    text = command.destination.text
    return text.endswith("/") or text.rpartition("/")[2] in (".", "..") or len(command.sources) > 1


def way(subject: DockerfileSubject, stage: Stage, command: Transfer) -> list[str]:
    """The directories that a copy goes through, its destination too where it is one; nearest to ``/`` first."""
    path = destination(subject, stage, command)
    if path is None:
        return []
    found = [path] if into(command) and path != "/" else []
    while path not in ("/", ""):
        path = posixpath.dirname(path)
        if path != "/":
            found.insert(0, path)
    return found


def facts(subject: DockerfileSubject, stage: Stage) -> PlatformFacts | None:
    """What is known of the image that a stage is built on."""
    return subject.evidence.bases.get(lineage(subject, stage)[0].start.image.text)


def past(subject: DockerfileSubject, command: Command) -> tuple[Past, StepView] | None:
    """All that came before a copy, with its own step; None where it is in no stage that can be built."""
    from bakegen.rewrites.standing import Past

    step = subject.effects.get(command)
    if step is None:
        return None
    stage: StageView = next(one for one in subject.views if step in one.own)
    return Past.of(subject.situation, stage, step), step


def symlinks(subject: DockerfileSubject, stage: Stage) -> dict[str, str]:
    """Links to directories that the image of a stage surely has, by its facts or by its name: path -> text."""
    known = facts(subject, stage)
    if known is not None:
        return dict(known.symlinks)
    name = lineage(subject, stage)[0].start.image.text
    for start in _OFFICIAL:
        name = name.removeprefix(start)
    repository, _, tag = name.partition("@")[0].partition(":")
    if repository == "ubuntu":
        return {} if _OLD_UBUNTU.match(tag) else {**_BIN, **_RUN}
    if repository in ("fedora", "almalinux", "rockylinux", "rockylinux/rockylinux", "archlinux"):
        return {**_BIN, **_RUN}
    if repository == "debian" and (not tag or tag in ("stable", "stable-slim", "latest") or re.match(r"1[2-9]", tag)):
        return {**_BIN, **_RUN}
    if _NEW_DEBIAN.fullmatch(tag) and "/" not in repository:
        return {**_BIN, **_RUN}
    return {}


def made_links(subject: DockerfileSubject, stage: Stage, command: Command) -> dict[str, Span]:
    """Symbolic links that RUNs above an instruction make with ``ln -s`` by literal names, with the call's place."""
    found: dict[str, Span] = {}
    if not any(True for _ in subject.calls("ln")):
        return found
    for one in above(subject, stage, command):
        if not isinstance(one, Run):
            continue
        calls = subject.script(one).calls
        if any(call.name in ("cd", "rm", "mv", "if") for call in calls):
            continue
        for call in calls:
            words = call.operands("-t", "-S", "--target-directory")
            plain = call.name == "ln" and len(words) == 2 and all(word.literal for word in words)
            if plain and call.has("-s", "--symbolic") and not call.has("-t", "--target-directory"):
                path = absolute(words[1].text, None)
                if path is not None and not words[1].text.endswith("/"):
                    found[path] = call.span
    return found


def above(subject: DockerfileSubject, stage: Stage, command: Command) -> Iterator[Command]:
    """All instructions above one, those of the stages that its stage is built FROM first."""
    for other in lineage(subject, stage):
        for one in other.commands:
            if one is command:
                return
            yield one


def made_directories(subject: DockerfileSubject, stage: Stage, command: Command) -> dict[str, str]:
    """Paths that are directories above an instruction, as the file says, with who makes them."""
    found: dict[str, str] = {}
    for one in above(subject, stage, command):
        line = f"line {one.node.line}"
        if isinstance(one, Workdir):
            step = subject.steps.get(one)
            path = absolute(step.words[0], directory(subject, stage, one)) if step and step.words else None
            if path is not None:
                found[path] = f"WORKDIR of {line}"
        elif isinstance(one, Transfer) and into(one):
            path = destination(subject, stage, one)
            if path is not None:
                found[path] = f"{one.name} of {line}"
        elif isinstance(one, Run):
            for call in subject.script(one).calls:
                if call.name == "mkdir":
                    for word in call.operands("-m", "--mode"):
                        if word.literal and word.text.startswith("/"):
                            found["/" + word.text.strip("/")] = f"RUN of {line}"
    return found


def is_context(command: Transfer) -> bool:
    """Whether a copy takes from the build context."""
    return not (isinstance(command, Copy) and command.source_stage is not None)
