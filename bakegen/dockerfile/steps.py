"""The instructions of one stage carried out on paper: environment, directory, user, shell, expanded operands.

Source: dispatch and its helpers in BuildKit's frontend/dockerfile/dockerfile2llb/convert.go, convert_copy.go and
convert_runmount.go. Used by `resolve`.
"""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

from bakegen.dockerfile.environment import Environment, History
from bakegen.dockerfile.expand import ExpandError, expand, expand_words, expansion
from bakegen.dockerfile.goparse import is_mode, is_signal, port_fault
from bakegen.dockerfile.instructions import (
    Add,
    Arg,
    Copy,
    Env,
    Expose,
    Label,
    Run,
    Shell,
    Stopsignal,
    Transfer,
    User,
    Volume,
    Workdir,
)
from bakegen.dockerfile.mounts import MountError, MountFacts, expand_mount
from bakegen.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from bakegen.dockerfile.graph import Link
    from bakegen.dockerfile.instructions import ArgItem, Command, Text
    from bakegen.dockerfile.model import Dockerfile
    from bakegen.dockerfile.platforms import Platform
    from bakegen.dockerfile.problems import Problems
    from bakegen.dockerfile.resolve import BaseImage, ResolvedStage
    from bakegen.text import Span

DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
DEFAULT_SHELL = ("/bin/sh", "-c")
# ARGs that steer the SBOM scan and never reach the environment.
_NOT_IN_ENVIRONMENT = frozenset(("BUILDKIT_SBOM_SCAN_CONTEXT", "BUILDKIT_SBOM_SCAN_STAGE"))
_REMOTE = re.compile(r"https?://|git://|ssh://|[A-Za-z0-9_.-]+@[A-Za-z0-9_.-]+:")


@dataclass(frozen=True, slots=True)
class GlobalArg:
    """An ARG before the first FROM: its last definition, its value, the variables that its default reads."""

    item: ArgItem
    value: str | None
    reads: frozenset[str]
    line: int


@dataclass(slots=True)
class Step:
    """An instruction of a stage with values: what it sees and what its operands become.

    `environment`, `directory`, `user` and `shell` are as before the instruction. `pairs` are the expanded
    variables of ENV, LABEL and ARG (None: an ARG without a value); `words` the operands of EXPOSE, VOLUME, USER,
    WORKDIR and STOPSIGNAL. `files` are the heredocs of COPY and ADD, expanded. For a step that an ONBUILD of an
    outside image triggered, the command's spans lead into that trigger's own text.
    """

    command: Command
    triggered: bool
    environment: Environment
    directory: str
    user: str
    shell: tuple[str, ...]
    pairs: tuple[tuple[str, str | None], ...] = ()
    words: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    destination: str = ""
    files: tuple[tuple[str, str], ...] = ()
    chown: str = ""
    chmod: str = ""
    checksum: str = ""
    mounts: tuple[MountFacts, ...] = ()
    links: tuple[Link, ...] = ()

    def context_reads(self) -> Iterator[tuple[str, tuple[str, ...], tuple[str, ...], bool, Span]]:
        """Origin, sources, excludes, ``--parents`` and place of each read of the build context."""
        command = self.command
        if isinstance(command, Copy) and command.source_stage is None and self.sources:
            exclude = tuple(item.text for item in command.exclude)
            yield "COPY", self.sources, exclude, command.parents, command.span
        elif isinstance(command, Add):
            local = tuple(source for source in self.sources if not _REMOTE.match(source))
            if local:
                yield "ADD", local, tuple(item.text for item in command.exclude), False, command.span
        elif isinstance(command, Run):
            for written, mount in zip(command.mounts, self.mounts, strict=False):
                if mount.kind == "bind" and not mount.source_stage:
                    yield "mount", (mount.source or "/",), (), False, written.span


def global_arguments(
    dockerfile: Dockerfile,
    build_args: Mapping[str, str],
    build_platform: Platform,
    target_platform: Platform,
    target: str,
    problems: Problems,
) -> tuple[Environment, dict[str, GlobalArg]]:
    """The variables that FROM lines see: the predefined platform ARGs, then the ARGs before the first FROM.

    Source: defaultArgs in platform.go and buildMetaArgs in convert.go.
    """
    history = History()
    for name, value in (
        ("BUILDPLATFORM", build_platform.short()),
        ("BUILDOS", build_platform.os),
        ("BUILDOSVERSION", build_platform.os_version),
        ("BUILDARCH", build_platform.architecture),
        ("BUILDVARIANT", build_platform.variant),
        ("TARGETPLATFORM", str(target_platform)),
        ("TARGETOS", target_platform.os),
        ("TARGETOSVERSION", target_platform.os_version),
        ("TARGETARCH", target_platform.architecture),
        ("TARGETVARIANT", target_platform.variant),
        ("TARGETSTAGE", target or "default"),
    ):
        history.set(name, build_args.get(name, value))
    definitions: dict[str, GlobalArg] = {}
    for command in dockerfile.global_args:
        for item in command.items:
            result: str | None = build_args.get(item.name)
            reads: frozenset[str] = frozenset()
            if result is None and item.default is not None:
                try:
                    found = expansion(item.default, history.now(), dockerfile.escape)
                except ExpandError as problem:
                    problems.error(
                        "bad-expansion", f"the default of {item.name} cannot be expanded: {problem}", item.span
                    )
                    continue
                result = found.text
                reads = found.matched
                if item.name in reads:
                    reads -= {item.name}
                    earlier = definitions.get(item.name)
                    if earlier is not None:
                        reads |= earlier.reads
            if result is not None:
                history.set(item.name, result)
            definitions[item.name] = GlobalArg(item, result, reads, command.node.line)
    return history.now(), definitions


class StageWalk:
    """Walks one stage; what a child stage inherits is left in the `ResolvedStage`."""

    def __init__(
        self,
        stage: ResolvedStage,
        facts: BaseImage,
        global_args: Environment,
        build_args: Mapping[str, str],
        escape: str,
        problems: Problems,
    ) -> None:
        self.stage = stage
        self.global_args = global_args
        self.build_args = build_args
        self.escape = escape
        self.problems = problems
        base = stage.base
        if base is not None:
            self.image = History(base.image_environment)
            stage.directory, stage.user, stage.shell = base.directory, base.user, base.shell
        else:
            self.image = History()
            for name, value in facts.env:
                self.image.set(name, value)
            stage.directory = _clean(facts.working_dir) if facts.working_dir else ""
            stage.user, stage.shell = facts.user, facts.shell or DEFAULT_SHELL
        windows = stage.platform is not None and stage.platform.os == "windows"
        if not windows and self.image.now().get("PATH") is None:
            self.image.set("PATH", DEFAULT_PATH)
        self.history = History(base.environment if base is not None else None, self.image.now())
        self.links: dict[int, list[Link]] = {}
        for link in stage.links:
            self.links.setdefault(id(link.command), []).append(link)

    def run(self) -> None:
        """Walks every instruction; an instruction that BuildKit refuses is reported and left out."""
        stage = self.stage
        commands = () if stage.replaced else stage.commands
        for command, triggered in commands:
            step = Step(command, triggered, self.history.now(), stage.directory, stage.user, stage.shell)
            step.links = tuple(self.links.get(id(command), ()))
            try:
                self._step(step)
            except ExpandError as problem:
                self._refuse(step, "bad-expansion", f"{command.name} cannot be expanded: {problem}")
            else:
                stage.steps.append(step)
        stage.environment = self.history.now()
        stage.image_environment = self.image.now()

    def _refuse(self, step: Step, code: str, message: str, span: Span | None = None) -> None:
        if step.triggered:
            span = self.stage.stage.span
        self.problems.error(code, message, span or step.command.span)

    def _expand(self, step: Step, text: str) -> str:
        return expand(text, step.environment, self.escape)

    def _optional(self, step: Step, text: Text | None) -> str:
        return self._expand(step, text.text) if text is not None else ""

    def _step(self, step: Step) -> None:
        command = step.command
        stage = self.stage
        if isinstance(command, Env):
            expanded = [(self._expand(step, pair.key), self._expand(step, pair.value)) for pair in command.pairs]
            for name, value in expanded:
                self.history.set(name, value)
                self.image.set(name, value)
            step.pairs = tuple(expanded)
        elif isinstance(command, Arg):
            step.pairs = tuple((item.name, self._arg(item)) for item in command.items)
        elif isinstance(command, Label):
            step.pairs = tuple((self._expand(step, pair.key), self._expand(step, pair.value)) for pair in command.pairs)
        elif isinstance(command, Transfer):
            self._transfer(step, command)
        elif isinstance(command, Run):
            self._run(step, command)
        elif isinstance(command, Shell):
            stage.shell = command.words
        else:
            self._operands(step, command)

    def _operands(self, step: Step, command: Command) -> None:
        stage = self.stage
        if isinstance(command, User):
            stage.user = self._expand(step, command.user.text)
            step.words = (stage.user,)
        elif isinstance(command, Workdir):
            path = self._expand(step, command.path.text)
            stage.directory = _clean(posixpath.join("/", step.directory, path))
            step.words = (stage.directory,)
        elif isinstance(command, Volume):
            step.words = tuple(self._expand(step, path.text) for path in command.paths)
            if "" in step.words:
                self._refuse(step, "blank-name", "the path of a VOLUME is empty after expansion")
        elif isinstance(command, Stopsignal):
            signal = self._expand(step, command.signal.text)
            step.words = (signal,)
            if not is_signal(signal):
                self._refuse(step, "bad-signal", f"{signal!r} is no signal", command.signal.span)
        elif isinstance(command, Expose):
            ports: list[str] = []
            for port in command.ports:
                for word in expand_words(port.text, step.environment, self.escape):
                    fault = port_fault(word)
                    if fault is not None:
                        self._refuse(step, "bad-port", f"{word!r} cannot be exposed: {fault}", port.span)
                    ports.append(word)
            step.words = tuple(ports)

    def _arg(self, item: ArgItem) -> str | None:
        # Source: dispatchArg. A build argument beats the default, the default beats the global ARG.
        value = self.build_args.get(item.name)
        if value is None:
            if item.default is not None:
                value = expand(item.default, self.history.now(), self.escape)
            else:
                value = self.global_args.get(item.name)
        if value is not None and item.name not in _NOT_IN_ENVIRONMENT:
            self.history.set(item.name, value)
        return value

    def _transfer(self, step: Step, command: Transfer) -> None:
        step.chown = self._optional(step, command.chown)
        step.chmod = self._optional(step, command.chmod)
        if isinstance(command, Add):
            step.checksum = self._optional(step, command.checksum)
        step.sources = tuple(self._expand(step, source.text) for source in command.sources)
        step.destination = self._expand(step, command.destination.text)
        step.files = tuple(
            (file.name, self._content(step, file.content) if file.expand else file.content) for file in command.files
        )
        if step.chmod and not is_mode(step.chmod):
            span = command.chmod.span if command.chmod is not None else None
            self._refuse(step, "bad-mode", f"--chmod cannot be {step.chmod!r}", span)
        if isinstance(command, Copy):
            for source, written in zip(step.sources, command.sources, strict=True):
                if _REMOTE.match(source):
                    self._refuse(step, "remote-copy", f"COPY cannot fetch {source}: use ADD", written.span)
        elif step.checksum:
            self._checksum(step)
        self._check_links(step)

    def _content(self, step: Step, content: str) -> str:
        return expansion(content, step.environment, "\\", quotes=False).text

    def _checksum(self, step: Step) -> None:
        if len(step.sources) != 1:
            self._refuse(step, "bad-checksum", "--checksum needs exactly one source")
        elif not _REMOTE.match(step.sources[0]) and not step.sources[0].startswith("github.com/"):
            self._refuse(step, "bad-checksum", "--checksum is for a source that is fetched: HTTP or Git")

    def _check_links(self, step: Step) -> None:
        for link in step.links:
            if link.target is None:
                continue
            if link.target > self.stage.stage.index and link.context is None:
                self._refuse(step, "later-stage", f"the stage {link.name} must come before its use", link.span)

    def _run(self, step: Step, command: Run) -> None:
        mounts: list[MountFacts] = []
        for mount in command.mounts:
            try:
                facts = expand_mount(mount, lambda text: self._expand(step, text))
                self._check_target(step, facts)
            except MountError as problem:
                span = self.stage.stage.span if step.triggered else mount.span
                self.problems.error("bad-mount", f"--mount: {problem}", span, problem.help)
                continue
            mounts.append(facts)
        step.mounts = tuple(mounts)
        self._check_links(step)

    def _check_target(self, step: Step, facts: MountFacts) -> None:
        if facts.kind in ("secret", "ssh"):
            return
        target = facts.target
        if not posixpath.normpath(target or ".").startswith("/"):
            if not (step.directory or self.stage.base_known):
                return  # the base may set a WORKDIR, which BuildKit joins it to (dockerfile2llb/convert_runmount.go)
            target = _clean(posixpath.join("/", step.directory, target))
        if target == "/":
            raise MountError("the target cannot be /", "give target=, a directory to mount at")


def _clean(path: str) -> str:
    cleaned = posixpath.normpath(path)
    return cleaned[1:] if cleaned.startswith("//") else cleaned
