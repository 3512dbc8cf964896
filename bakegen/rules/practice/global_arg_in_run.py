"""Rule DF235: a RUN that reads an ARG which stands before the first FROM."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.dockerfile import variables_of
from bakegen.dockerfile.instructions import Arg, Env
from bakegen.rules.model import Example, Finding, Kind, Rule
from bakegen.rules.practice._stages import chain
from bakegen.text import Span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.dockerfile import Stage
    from bakegen.rules.calls import RunScript, ShellCall
    from bakegen.rules.dockerfiles import DockerfileSubject


def _check(subject: DockerfileSubject) -> Iterator[Finding]:
    every = {item.name: item.span for command in subject.dockerfile.global_args for item in command.items}
    if not every:
        return
    known: dict[int, set[str]] = {}
    for script in subject.scripts:
        if script.onbuild or script.text is None:
            continue
        text = script.text.text
        names = {name for name in every if "$" + name in text or "${" + name in text}
        if not names:
            continue
        stage = subject.stages[script.stage]
        if script.stage not in known:
            known[script.stage] = _known(subject, stage)
        names -= known[script.stage]
        for name in sorted(names):
            yield from _readings(subject, script, stage, name, every[name])


def _known(subject: DockerfileSubject, stage: Stage) -> set[str]:
    """The names that a stage sets or may have from its base."""
    above = chain(subject, stage)
    start = above[-1].start.image.text
    # An image that is chosen by a version mostly has it in its environment: python has PYTHON_VERSION.
    found = {"PATH", *variables_of(start, subject.dockerfile.escape)}
    facts = subject.evidence.bases.get(start)
    if facts is not None:
        found |= {name for name, _ in facts.env}
    for each in above:
        for command in each.commands:
            if isinstance(command, Arg):
                found |= {item.name for item in command.items}
            elif isinstance(command, Env):
                found |= {pair.key for pair in command.pairs}
    return found


def _readings(
    subject: DockerfileSubject, script: RunScript, stage: Stage, name: str, declared: Span
) -> Iterator[Finding]:
    assert script.text is not None
    if re.search(rf"(?<![${{\w]){name}\b", script.text.text):
        return  # it is set there, or its name goes to a program that sets it
    for call in script.calls:
        span = _reading(subject, call, name)
        if span is not None:
            message = f"${name} is empty here: the ARG before FROM is not known in stages"
            labels = ((declared, "declared here"), (stage.span, f"ARG {name} is missing in this stage"))
            yield Finding(span, message, f"write ARG {name} above, in this stage", labels)
            return


def _reading(subject: DockerfileSubject, call: ShellCall, name: str) -> Span | None:
    from bakegen.shell.syntax import Parameter

    if call.tree is None or call.carrier:
        return None
    for word, shown in zip(call.tree.words[1:], call.words, strict=False):
        if any(isinstance(one, Parameter) and one.name == name and not one.operator for one in word.pieces):
            found = re.search(rf"\$(?:\{{{name}\}}|{name}\b)", subject.slice(shown.span))
            if found is not None:
                return Span(shown.span.start + found.start(), shown.span.start + found.end())
            return shown.span
    return None


RULE = Rule(
    code="DF235",
    name="global-arg-in-run",
    summary="Declare an ARG again in the stage that reads it",
    why="An ARG before the first FROM counts for FROM lines only. In a RUN its name is an unknown variable, which "
    "the shell takes for nothing, and the build goes on with a version that is empty. `ARG NAME` in the stage, "
    "without a value, brings the value in. BuildKit's own check looks at the other instructions, but not at RUN.\n\n"
    "The base image may set a variable of that name. So one that the image is chosen by is left alone (`FROM "
    "python:$PYTHON_VERSION`), as is one that the script mentions in another way, or reads with a default.",
    severity=Severity.WARNING,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example(
            "Not declared in the stage",
            "ARG V=1\nFROM debian:13\nRUN curl -O https://example.com/app-⟦$V⟧.tgz\n",
            message="$V is empty",
        ),
        Example("Declared in another stage", 'ARG V=1\nFROM debian:13\nARG V\nFROM debian:13\nRUN make "x⟦${V}⟧"\n'),
        Example("Declared", "ARG V=1\nFROM debian:13 AS base\nARG V\nFROM base\nRUN echo $V\n"),
        Example("Another variable of that name", "ARG V=1\nFROM debian:13\nENV V=2\nRUN echo $V\n"),
        Example("The image has it", "ARG PYTHON_VERSION=3\nFROM python:$PYTHON_VERSION\nRUN echo $PYTHON_VERSION\n"),
        Example("The script sets it", "ARG V=1\nFROM debian:13\nRUN V=$(cat v) && echo $V && for V in 1; do :; done\n"),
        Example("With a default, or quoted", "ARG V=1\nFROM debian:13\nRUN echo ${V:-2} '$V' $VERSION\n"),
    ),
    words=("arg",),
    links=("https://docs.docker.com/build/building/variables/#scoping",),
)
