"""Rule BK109: ``FROM debian:$VERSION`` without ``ARG VERSION``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity, did_you_mean
from bakegen.dockerfile.expand import ExpandError, expansion
from bakegen.dockerfile.instructions import Arg
from bakegen.rules.model import Example, Finding, Kind, Rule
from bakegen.text import Span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.dockerfile.instructions import Text
    from bakegen.rules.dockerfiles import DockerfileSubject


def _check(subject: DockerfileSubject) -> Iterator[Finding]:
    known = {name for name, _ in subject.resolved.global_args.items()} | set(subject.resolved.global_definitions)
    for stage in subject.stages:
        for text in (stage.start.image, stage.start.platform):
            if text is None or "$" not in text.text:
                continue
            try:
                missing = expansion(text.text, subject.resolved.global_args, subject.dockerfile.escape).unmatched
            except ExpandError:
                continue
            for name in sorted(missing - known):
                yield Finding(
                    _place(subject, text, name),
                    f"no ARG {name} stands before the first FROM, so that {name} is empty here",
                    did_you_mean(name, known) or _help(subject, name, stage.index),
                )


def _help(subject: DockerfileSubject, name: str, before: int) -> str:
    for stage, command in subject.own(Arg):
        if stage.index < before and any(item.name == name for item in command.items):
            return f"the ARG in {stage.label} counts in that stage only: move ARG {name} above the first FROM"
    return f"write ARG {name} above the first FROM"


def _place(subject: DockerfileSubject, text: Text, name: str) -> Span:
    found = re.search(rf"\$(?:\{{{re.escape(name)}\b[^}}]*\}}?|{re.escape(name)})", subject.slice(text.span))
    if found is None:
        return text.span
    return Span(text.span.start + found.start(), text.span.start + found.end())


RULE = Rule(
    code="BK109",
    name="undefined-arg-in-from",
    summary="Declare the ARGs of a FROM before the first FROM",
    why=(
        "FROM lines know the ARGs above the first FROM and the platform variables (`TARGETPLATFORM`, `BUILDARCH`, …), "
        "nothing else: neither an ARG inside an earlier stage, nor an ENV. What is not declared is empty, also when "
        "the build is given a value for it (`--build-arg`), so that another image may be taken than is meant."
    ),
    severity=Severity.WARNING,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example(
            "A variable that nobody declares",
            "ARG VARIANT=-slim\nFROM busybox:latest⟦$VARIAN⟧\n",
            message="VARIAN",
        ),
        Example("It is declared in another stage", "FROM busybox AS a\nARG KIND=\nFROM busybox⟦${KIND}⟧\n"),
        Example("A default does not declare it", "FROM busybox:⟦${TAG:-latest}⟧\n"),
        Example("Declared", "ARG VARIANT=\nFROM busybox${VARIANT}\n"),
        Example("Declared without a default", "ARG VARIANT\nFROM busybox${VARIANT}\n"),
        Example("A variable of the platform", "FROM --platform=$BUILDPLATFORM busybox\n"),
    ),
    twins=("buildkit:UndefinedArgInFrom",),
    words=("$",),
    links=("https://docs.docker.com/reference/build-checks/undefined-arg-in-from/",),
)
