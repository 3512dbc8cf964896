"""Rule BK111: ``COPY $NAME /`` where nothing sets NAME."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity, did_you_mean
from bakegen.dockerfile.expand import ExpandError, expansion, variables_of
from bakegen.dockerfile.instructions import Add, Arg, Env, Label, Run, Stopsignal, Transfer, User, Volume, Workdir
from bakegen.rules.buildkit._walk import carried_out, environment_known, root
from bakegen.rules.model import Example, Finding, Fix, Kind, Rule
from bakegen.text import Span
from bakegen.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from bakegen.dockerfile.expand import Variables
    from bakegen.dockerfile.resolve import ResolvedStage
    from bakegen.rules.buildkit._walk import Done
    from bakegen.rules.dockerfiles import DockerfileSubject
    from bakegen.text import Edit

_KINDS = (Arg, Env, Label, Run, Stopsignal, Transfer, User, Volume, Workdir)
_NOTE = Severity.NOTE
_NOT_IN_ENVIRONMENT = ("BUILDKIT_SBOM_SCAN_CONTEXT", "BUILDKIT_SBOM_SCAN_STAGE")


@dataclass(frozen=True, slots=True)
class _Read:
    """A text that BuildKit expands, where it stands, and what it sees; `raw` for the body of a heredoc."""

    text: str
    span: Span
    seen: Variables
    raw: bool = False


class _More:
    """Variables with some that were set since."""

    def __init__(self, below: Variables, more: Mapping[str, str]) -> None:
        self._below = below
        self._more = more

    def get(self, name: str, /) -> str | None:
        """The value of `name`, or None where it is unset."""
        found = self._more.get(name)
        return self._below.get(name) if found is None else found


def _check(subject: DockerfileSubject) -> Iterator[Finding]:
    declared: dict[int, set[str]] = {}
    inherited: dict[int, frozenset[str]] = {}
    brought: set[tuple[int, str]] = set()
    for done in carried_out(subject, *_KINDS):
        stage = done.stage
        index = stage.stage.index
        if index not in declared:
            declared[index] = set(_declared(stage.base, inherited))
        seen: set[str] = set()
        for read in _reads(done):
            if "$" in read.text:
                for name in sorted(_missing(subject, read) - declared[index] - seen):
                    seen.add(name)
                    found = _finding(subject, done, read, name, first=(index, name) not in brought)
                    brought.add((index, name))
                    if found is not None:
                        yield found
        if isinstance(done.step.command, Arg):
            declared[index].update(item.name for item in done.step.command.items)


def _declared(stage: ResolvedStage | None, known: dict[int, frozenset[str]]) -> frozenset[str]:
    """The ARGs of a stage and of those it builds on: without a value they are empty, and meant to be."""
    if stage is None:
        return frozenset()
    index = stage.stage.index
    if index not in known:
        own = (item.name for step in stage.steps if isinstance(step.command, Arg) for item in step.command.items)
        known[index] = _declared(stage.base, known).union(own)
    return known[index]


def _reads(done: Done) -> Iterator[_Read]:
    step, command = done.step, done.step.command
    now = step.environment
    if isinstance(command, (Env, Label)):
        for pair in command.pairs:
            yield _Read(pair.key, pair.span, now)
            yield _Read(pair.value, pair.span, now)
    elif isinstance(command, Arg):
        # One after the other, each with what those before it have set.
        set_here: dict[str, str] = {}
        begun: set[str] = set()
        for item, (_, value) in zip(command.items, step.pairs, strict=True):
            if item.default is not None and not variables_of(item.default) <= begun:
                yield _Read(item.default, item.span, _More(now, {**dict.fromkeys(begun, ""), **set_here}))
            begun.add(item.name)
            if value is not None:
                set_here[item.name] = value
    elif isinstance(command, Transfer):
        flags = [command.chown, command.chmod]
        flags += [command.checksum] if isinstance(command, Add) else []
        for text in (*flags, *command.sources, command.destination):
            if text is not None:
                yield _Read(text.text, text.span, now)
        for file in command.files:
            if file.expand:
                yield _Read(file.content, file.span, now, raw=True)
    elif isinstance(command, Run):
        for mount in command.mounts:
            for _, value in mount.fields:
                yield _Read(value or "", mount.span, now)
    else:
        texts = (
            (command.path,)
            if isinstance(command, Workdir)
            else (command.user,)
            if isinstance(command, User)
            else (command.signal,)
            if isinstance(command, Stopsignal)
            else command.paths
            if isinstance(command, Volume)
            else ()
        )
        for text in texts:
            yield _Read(text.text, text.span, now)


def _missing(subject: DockerfileSubject, read: _Read) -> set[str]:
    escape = "\\" if read.raw else subject.dockerfile.escape
    try:
        found = expansion(read.text, read.seen, escape, quotes=not read.raw)
    except ExpandError:
        return set()
    return set(found.unmatched) - set(_NOT_IN_ENVIRONMENT)


def _finding(subject: DockerfileSubject, done: Done, read: _Read, name: str, *, first: bool) -> Finding | None:
    span = done.span(_place(subject, read.span, name))
    label = done.label(subject)
    if name in subject.resolved.global_definitions and _may_bring_in(done, name):
        known = environment_known(done.stage)
        return Finding(
            span,
            f"{name} is not set here: its ARG above the first FROM counts for FROM lines only"
            + ("" if known else ", unless the base image sets it"),
            f"write ARG {name} in this stage, before it is used",
            (*label, (subject.resolved.global_definitions[name].item.span, "the ARG")),
            _bring_in(subject, done, name) if done.own and first else None,
            severity=None if known else _NOTE,
        )
    if _set_beside(done, read, name):
        return Finding(
            span,
            f"{name} is not set yet: the values of one ENV see what was set before it"
            + ("" if environment_known(done.stage) else ", here what the base image may have set"),
            f"set {name} in an ENV of its own, before this one",
            label,
            severity=None if environment_known(done.stage) else _NOTE,
        )
    if not environment_known(done.stage):
        return None
    hint = did_you_mean(name, (one for one, _ in done.step.environment.items())) or ""
    if re.search(rf"\$\{{{re.escape(name)}:?[-+?]", read.text):
        message = f"nothing sets {name}: what is written for that case is all that it can be"
        return Finding(
            span, message, hint or f"write ARG {name} before it, if a build may set it", label, severity=_NOTE
        )
    return Finding(span, f"nothing sets {name}, so that it is empty here", hint, label)


def _may_bring_in(done: Done, name: str) -> bool:
    """Whether the image is not chosen by the ARG: such images often set a variable of the same name."""
    return environment_known(done.stage) or name not in variables_of(root(done.stage).stage.start.image.text)


def _set_beside(done: Done, read: _Read, name: str) -> bool:
    command = done.step.command
    return isinstance(command, Env) and any(pair.key == name and pair.span != read.span for pair in command.pairs)


def _bring_in(subject: DockerfileSubject, done: Done, name: str) -> Fix:
    from bakegen.rewrites.moves import insert_before

    keyword = "arg" if done.step.command.node.keyword.islower() else "ARG"
    edit: Edit = insert_before(subject.dockerfile, done.step.command.node, f"{keyword} {name}")
    return Fix((edit,), f"Write ARG {name} before it", False, f"{name} has a value then, also in the RUNs that follow")


def _place(subject: DockerfileSubject, span: Span, name: str) -> Span:
    found = re.search(rf"\$(?:\{{{re.escape(name)}(?!\w)[^}}]*\}}?|{re.escape(name)}(?!\w))", subject.slice(span))
    return span if found is None else Span(span.start + found.start(), span.start + found.end())


RULE = Rule(
    code="BK111",
    name="undefined-var",
    summary="Set variables before they are used",
    why=(
        "A variable that nothing sets is empty: `COPY $SRC /app` copies the whole context, `WORKDIR $DIR` stays where "
        "it is. BuildKit says so, and builds. It looks at the instructions that it expands itself, which RUN, CMD and "
        "ENTRYPOINT are not; an ARG without a default counts as set.\n\nWhat the base image sets, BuildKit reads from "
        "its config. Here it is known for `scratch`, for a few images that set nothing but PATH (Alpine, Debian, "
        "Ubuntu, …) and for those in the lock file. On other images only two things are reported, as notes: an ARG "
        "above the first FROM that was not brought into the stage, and a value that reads another variable of the same "
        "ENV. For the rest, run `bakegen lock`."
    ),
    severity=Severity.WARNING,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example("Nothing sets it", "FROM scratch\nENV VERSION=1\nCOPY app-⟦$VERSON⟧ /\n", message="VERSON"),
        Example(
            "An ARG that is not in the stage",
            "ARG VERSION=1\nFROM busybox\nLABEL a=⟦${VERSION}⟧\nLABEL b=⟦$VERSION⟧\n",
            "ARG VERSION=1\nFROM busybox\nARG VERSION\nLABEL a=${VERSION}\nLABEL b=$VERSION\n",
            safe=False,
        ),
        Example("Set by the same ENV", "FROM example.com/base\nENV A=/opt/a B=⟦$A⟧/bin\n", message="not set yet"),
        Example(
            "In a mount and in a heredoc",
            ("FROM busybox\nRUN --mount=type=cache,target=/x⟦$DIR⟧ true\nCOPY ⟦<<EOF⟧ /x\n$A\nEOF\n"),
        ),
        Example("A default in its place", "FROM scratch\nLABEL a=⟦${A:-1}⟧\n"),
        Example("What an ONBUILD brings", "FROM scratch AS base\nONBUILD LABEL a=$A\n⟦FROM base⟧\nLABEL b=1\n"),
        Example("What an image sets that nobody knows", "FROM example.com/base\nENV PYTHONPATH=/app:$PYTHONPATH\n"),
        Example("An image of the same version sets it, too", "ARG NODE=20\nFROM node:$NODE\nLABEL v=$NODE\n"),
        Example("An ARG without a default", "FROM scratch\nARG A\nLABEL a=$A\n"),
        Example("PATH is always set", "FROM scratch\nENV PATH=/app:$PATH\n"),
        Example("RUN is the shell's", "FROM busybox\nRUN echo $A\n"),
    ),
    twins=("buildkit:UndefinedVar",),
    words=("$",),
    links=("https://docs.docker.com/reference/build-checks/undefined-var/",),
)
