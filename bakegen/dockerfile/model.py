"""A Dockerfile as BuildKit understands it before any value is known: global ARGs, stages, typed instructions.

`read` is the way in. `Dockerfile.resolve` goes on from here with build arguments, platforms and a target.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.dockerfile.directives import detect
from bakegen.dockerfile.goparse import parse_bool
from bakegen.dockerfile.instructions import Arg, From
from bakegen.dockerfile.parser import parse
from bakegen.dockerfile.platforms import ANY_PLATFORM
from bakegen.dockerfile.problems import Problems
from bakegen.dockerfile.typed import Reader
from bakegen.text import Span
from bakegen.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bakegen.diagnostics import Diagnostic
    from bakegen.dockerfile.instructions import Command
    from bakegen.dockerfile.resolve import BaseImage, Resolved
    from bakegen.dockerfile.syntax import Instruction, SyntaxTree
    from bakegen.text import Source


@dataclass(frozen=True, slots=True)
class Stage:
    """A FROM and the instructions up to the next one. `name` is in lower case, empty where there is none."""

    index: int
    start: From
    commands: tuple[Command, ...]

    @property
    def name(self) -> str:
        """The stage's name in lower case, or empty."""
        return self.start.stage_name

    @property
    def label(self) -> str:
        """What to call the stage in a message: its name, or ``stage-N`` as BuildKit does."""
        return self.start.stage_name or f"stage-{self.index}"

    @property
    def span(self) -> Span:
        """The place of the FROM."""
        return self.start.span


@dataclass(frozen=True, slots=True)
class StageInfo:
    """A line of ``--call=targets``: what a user can build."""

    name: str
    description: str
    base: str
    platform: str
    default: bool
    line: int


@dataclass(frozen=True)
class Dockerfile:
    """A file read whole. `global_args` stand before the first FROM; `diagnostics` say what is refused or odd.

    Instructions that BuildKit refuses are missing from the stages: `ok` is False then.
    """

    tree: SyntaxTree
    global_args: tuple[Arg, ...]
    stages: tuple[Stage, ...]
    diagnostics: tuple[Diagnostic, ...]

    @property
    def source(self) -> Source:
        """The text that was read."""
        return self.tree.source

    @property
    def escape(self) -> str:
        """The escape character in force."""
        return self.tree.escape

    @property
    def ok(self) -> bool:
        """Whether BuildKit reads the file: no diagnostic is an error, and no other frontend is asked for."""
        return not any(d.severity is Severity.ERROR for d in self.diagnostics) and self.tree.foreign is None

    @property
    def syntax(self) -> str | None:
        """The value of the ``syntax`` directive, wherever BuildKit finds it."""
        found = detect(self.source.text, "syntax", any_format=True)
        return found.value if found is not None else None

    @property
    def check(self) -> str | None:
        """The value of the ``check`` directive."""
        found = detect(self.source.text, "check")
        return found.value if found is not None else None

    def targets(self) -> tuple[StageInfo, ...]:
        """What ``docker buildx build --call=targets`` lists."""
        last = len(self.stages) - 1
        return tuple(
            StageInfo(
                stage.name,
                stage.start.description,
                stage.start.image.text,
                stage.start.platform.text if stage.start.platform else "",
                stage.index == last,
                stage.start.node.line,
            )
            for stage in self.stages
        )

    @cached_property
    def _resolved(self) -> Resolved:
        """With nothing given, which is what most of those who look at a file want."""
        from bakegen.dockerfile.resolve import resolve

        return resolve(self, {}, contexts={}, images={})

    def resolve(
        self,
        build_args: Mapping[str, str] | None = None,
        *,
        target: str | None = None,
        platform: str | None = None,
        build_platform: str = ANY_PLATFORM,
        contexts: Mapping[str, str] | None = None,
        images: Mapping[str, BaseImage] | None = None,
    ) -> Resolved:
        """The file with values in it: see `bakegen.dockerfile.resolve.resolve`."""
        if not (build_args or target or platform or contexts or images) and build_platform == ANY_PLATFORM:
            return self._resolved
        from bakegen.dockerfile.resolve import resolve  # which imports this module's types

        return resolve(
            self,
            build_args or {},
            target=target,
            platform=platform,
            build_platform=build_platform,
            contexts=contexts or {},
            images=images or {},
        )


def read(source: Source) -> Dockerfile:
    """The model of any text at all; whatever BuildKit refuses is a diagnostic, nothing is raised."""
    tree = parse(source)
    problems = Problems(source)
    problems.found.extend(tree.diagnostics)
    if tree.foreign is not None:
        return Dockerfile(tree, (), (), tuple(problems.found))
    reader = Reader(source.text, tree.escape, problems)
    global_args: list[Arg] = []
    starts: list[tuple[From, list[Command]]] = []
    orphans = False
    for node in tree.instructions:
        if node.fault is not None:
            _report_fault(node, problems)
            if node.name == "FROM":
                orphans = True
            continue
        command = reader.read(node)
        if isinstance(command, From):
            starts.append((command, []))
        elif node.name == "FROM":
            orphans = True
        elif starts:
            if command is not None:
                starts[-1][1].append(command)
        elif isinstance(command, Arg):
            global_args.append(command)
        elif node.name != "ARG" and not orphans:
            problems.error(
                "no-stage",
                f"{node.name} stands before the first FROM",
                node.line_span,
                "only ARG may come before FROM",
            )
            orphans = True
    stages = tuple(Stage(index, start, tuple(commands)) for index, (start, commands) in enumerate(starts))
    _check_file(tree, stages, orphans, problems)
    _check_stages(stages, problems)
    return Dockerfile(tree, tuple(global_args), stages, tuple(problems.found))


def _report_fault(node: Instruction, problems: Problems) -> None:
    assert node.fault is not None
    code, message = node.fault
    span = node.line_span
    help = None
    if code == "unterminated-heredoc":
        help = "end the heredoc with a line of its name alone; in arithmetic, write << without a space after it"
        if "$((" in node.logical:
            help = "BuildKit takes << for a heredoc also inside $((…)): compute it another way, or in a script"
    problems.error(code, message, span, help)


def _check_file(tree: SyntaxTree, stages: tuple[Stage, ...], orphans: bool, problems: Problems) -> None:
    text = tree.source.text
    if not stages and not orphans:
        unread = [node for node in tree.nodes if type(node).__name__ == "Unparsed"]
        if not unread:
            what = "there is no FROM" if tree.instructions else "there are no instructions"
            problems.error("no-stages", f"nothing to build: {what}", Span(0, 0), "begin with FROM and an image")
    check = detect(text, "check")
    if check is not None:
        for part in check.value.split(";", 2):
            key, equals, value = part.partition("=")
            known = key.strip() in ("skip", "experimental", "error")
            if not equals or not known or (key.strip() == "error" and parse_bool(value.strip()) is None):
                problems.error(
                    "bad-check",
                    f"the check directive cannot hold {part!r}",
                    Span(check.start, check.end),
                    "write skip=RULE,…;error=true;experimental=RULE,…",
                )


def _check_stages(stages: tuple[Stage, ...], problems: Problems) -> None:
    first: dict[str, Stage] = {}
    for stage in stages:
        if not stage.name:
            continue
        alias = stage.start.alias
        assert alias is not None
        if stage.name in ("context", "scratch"):
            problems.warning("reserved-stage-name", f"the name {stage.name} is reserved", alias.span)
        if stage.name in first:
            problems.warning(
                "duplicate-stage-name",
                f"a second stage called {stage.name}; only the last one can be copied from or built",
                alias.span,
            )
        first[stage.name] = stage
