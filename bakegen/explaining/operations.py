"""What BuildKit puts into the cache key of one instruction, beside what it builds on; used by `chains`.

Source: CacheMap in BuildKit's solver/llbsolver/ops/exec.go and file.go, and dispatchRun, dispatchCopy and
dispatchWorkdir in frontend/dockerfile/dockerfile2llb. The text of an instruction is not in the key of COPY, ADD and
WORKDIR: only what it comes to is.
"""

from __future__ import annotations

import posixpath
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bakegen.dockerfile import Add, Copy, Run, variables_of
from bakegen.dockerfile.instructions import Transfer, Workdir
from bakegen.dockerfile.patterns import clean, has_wildcards
from bakegen.plan.keys import SourcePattern, digest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bakegen.dockerfile.graph import Link
    from bakegen.dockerfile.mounts import Mount, MountFacts
    from bakegen.dockerfile.steps import Step
    from bakegen.explaining.model import Files, Origin


@dataclass
class Operation:
    """What an instruction does, as far as its key holds it.

    Attributes:
        own: (kind, name) -> digest, see `ChainStep.own`.
        files: what it reads from folders on this machine.
        keyed: what of those is in the key: a file counts by its path below the source, not by where that lies.
        sources: the stages and images that it reads, each with the digest of what it selects there.
        blind: whether it knows nothing of what it builds on: ``COPY --link``.
    """

    own: dict[tuple[str, str], str] = field(default_factory=dict)
    files: dict[str, Files] = field(default_factory=dict)
    keyed: list[str] = field(default_factory=list)
    sources: list[tuple[Origin, str]] = field(default_factory=list)
    blind: bool = False


@dataclass(frozen=True)
class Around:
    """What the operations of one stage need to know beside its steps.

    Attributes:
        read: what a source means in the build context.
        origin: what a link leads to: a stage, an image, a folder.
        read_linked: what a source means in the folder that a link leads to; None where it leads to no folder.
        run_settings: attributes of the target that are in the key of every RUN: name -> digest.
        escape: the escape character of the Dockerfile.
    """

    read: Callable[[SourcePattern], Files]
    origin: Callable[[Link], Origin]
    read_linked: Callable[[Link, SourcePattern], Files | None]
    run_settings: Mapping[str, str]
    escape: str


def operation(step: Step, around: Around) -> Operation | None:
    """The operation of an instruction; None for those that make no step."""
    command = step.command
    if isinstance(command, Run):
        return _run(step, command, around)
    if isinstance(command, Transfer):
        return _transfer(step, command, around)
    if isinstance(command, Workdir) and step.words and step.words[0] != "/":
        made = Operation()
        made.own["operation", "directory"] = digest(step.words[0])
        made.own["operation", "user"] = digest(step.user)
        return made
    return None


def seen_variables(step: Step, escape: str) -> dict[str, str]:
    """The variables that an instruction names, each with a digest of its value, "" where it has none."""
    node = step.command.node
    names = set(variables_of(node.logical, escape))
    for name, _ in step.files:
        for heredoc in node.heredocs:
            if heredoc.name == name and heredoc.expand:
                names |= variables_of(heredoc.body.replace("'", "").replace('"', ""))
    values = {name: step.environment.get(name) for name in names}
    return {name: "" if value is None else digest(value) for name, value in values.items()}


def _run(step: Step, command: Run, around: Around) -> Operation:
    made = Operation()
    line = command.line
    heredocs = [(one.name, one.body, one.chomp) for one in command.heredocs]
    made.own["operation", "command"] = digest((line.json, line.words, heredocs))
    made.own["operation", "shell"] = digest(() if line.json else step.shell)
    made.own["operation", "directory"] = digest(step.directory or "/")
    made.own["operation", "user"] = digest(step.user)
    made.own["operation", "network"] = digest(command.network)
    made.own["operation", "security"] = digest(command.security)
    made.own["operation", "devices"] = digest([(one.device, one.required) for one in command.devices])
    names = []
    for name, value in step.environment.items():
        names.append(name)
        made.own["variable", name] = digest(value)
    made.own["order", "variables"] = digest(names)
    for name, value in around.run_settings.items():
        made.own["setting", name] = value
    links = {link.span: link for link in step.links}
    mounts = []
    for written, mount in zip(command.mounts, step.mounts, strict=False):
        mounts.append(_mount(mount))
        _mounted(made, written, mount, links.get(written.span), around)
    made.own["operation", "mounts"] = digest(mounts)
    return made


def _mount(mount: MountFacts) -> tuple[object, ...]:
    """What of a mount is in the key; what secrets and caches hold is not."""
    return (
        mount.kind,
        mount.target,
        mount.read_only,
        mount.size,
        mount.id or (mount.target if mount.kind == "cache" else ""),
        mount.sharing,
        mount.required,
        mount.env,
        mount.mode,
        mount.uid,
        mount.gid,
    )


def _mounted(made: Operation, written: Mount, mount: MountFacts, link: Link | None, around: Around) -> None:
    if mount.kind not in ("bind", "cache"):
        return
    pattern = SourcePattern(mount.source or "/", wildcard=False)
    if link is not None:
        _linked(made, link, [pattern], around)
    elif mount.kind == "bind" and not written.source_stage:
        _local(made, pattern, around.read(pattern))


def _transfer(step: Step, command: Transfer, around: Around) -> Operation:
    made = Operation(blind=command.link and not step.chmod)
    exclude = tuple(one.text for one in command.exclude)
    copy = command if isinstance(command, Copy) else None
    parents = copy is not None and copy.parents
    patterns = [SourcePattern(source, True, exclude, parents) for source in step.sources]
    local = [one for one in patterns if copy is not None or not is_remote_source(one.path)]
    # BuildKit copies by the last part of a source: where its folder lies is not in the key.
    sources = [one.path if one not in local or parents else posixpath.basename(clean(f"/{one.path}")) for one in local]
    remote = [one.path for one in patterns if one not in local]
    made.own["operation", "sources"] = digest((sources, remote, exclude, parents))
    made.own["operation", "destination"] = digest(_destination(step))
    made.own["operation", "owner"] = digest(step.chown)
    made.own["operation", "mode"] = digest(step.chmod)
    made.own["operation", "heredocs"] = digest(step.files)
    made.own["operation", "link"] = digest(made.blind)
    kind = (command.keep_git_dir, command.unpack, step.checksum) if isinstance(command, Add) else ()
    made.own["operation", "kind"] = digest((command.name, kind))
    if copy is not None and copy.source_stage is not None:
        for link in step.links:
            _linked(made, link, patterns, around)
    else:
        for pattern in local:
            _local(made, pattern, around.read(pattern))
    return made


def is_remote_source(source: str) -> bool:
    """Whether a source of ADD is fetched from elsewhere."""
    return source.startswith(("http://", "https://", "git://", "ssh://", "git@"))


def _destination(step: Step) -> str:
    written = step.destination
    slash = written.endswith(("/", "/.")) or written in (".", "")
    path = posixpath.normpath(posixpath.join("/", step.directory, written))
    return path + "/" if slash and path != "/" else path


def _local(made: Operation, pattern: SourcePattern, files: Files) -> None:
    made.files[pattern.path] = files
    made.keyed.append(_keyed(pattern, files))


def _linked(made: Operation, link: Link, patterns: list[SourcePattern], around: Around) -> None:
    for pattern in patterns:
        files = around.read_linked(link, pattern)
        if files is not None:
            made.files[f"{link.name}: {pattern.path}"] = files
            made.keyed.append(_keyed(pattern, files))
        else:
            selected = (pattern.path, pattern.exclude, pattern.parents)
            made.sources.append((around.origin(link), digest(selected)))


def _keyed(pattern: SourcePattern, files: Files) -> str:
    """A digest of the files of a source by their paths below it."""
    if pattern.parents:
        return digest(files)
    source = clean(f"/{pattern.path}")[1:]
    if pattern.wildcard and has_wildcards(source):
        literal = []
        for part in source.split("/"):
            if has_wildcards(part):
                break
            literal.append(part)
        source = "/".join(literal)
    return digest({_below(path, source): what for path, what in files.items()})


def _below(path: str, folder: str) -> str:
    if path == folder:
        return ""
    return path.removeprefix(f"{folder}/") if folder else path
