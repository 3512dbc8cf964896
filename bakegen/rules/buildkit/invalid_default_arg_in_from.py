"""Rule BK116: a FROM whose image has no name unless the build is given a value."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.dockerfile.expand import ExpandError, expansion, variables_of
from bakegen.dockerfile.references import ReferenceError, parse_reference
from bakegen.rules.model import Example, Finding, Kind, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.rules.dockerfiles import DockerfileSubject


def _check(subject: DockerfileSubject) -> Iterator[Finding]:
    escape = subject.dockerfile.escape
    definitions = subject.resolved.global_definitions
    for stage in subject.stages:
        image = stage.start.image
        if "$" not in image.text:
            continue
        try:
            name = expansion(image.text, subject.resolved.global_args, escape).text
            parse_reference(name)
        except ExpandError:
            return
        except ReferenceError:
            empty = [one for one in sorted(variables_of(image.text, escape)) if one in definitions]
            empty = [one for one in empty if not definitions[one].value]
            yield Finding(
                image.span,
                f"with the defaults of its ARGs {image.text} is {name!r}, which names no image",
                f"give {' and '.join(empty)} a default" if empty else "give its ARGs defaults that make a name",
                tuple((definitions[one].item.span, "no default") for one in empty),
            )


RULE = Rule(
    code="BK116",
    name="invalid-default-arg-in-from",
    summary="Give the ARGs of a FROM defaults that make a name",
    why=(
        "With a default, `docker build .` works for everyone: for those who try the project, for editors and scanners "
        "that look at the file without knowing which arguments its own build gives. Without one the build stops at the "
        "FROM, and the message says nothing of the argument that was meant to be given. Where an image must be chosen "
        "on purpose, leave it so and silence this."
    ),
    severity=Severity.WARNING,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example("A tag without a default", "ARG TAG\nFROM ⟦busybox:${TAG}⟧\nRUN true\n", message="TAG"),
        Example("A name without a default", "ARG BASE=\nFROM ⟦$BASE⟧\nRUN true\n", message="''"),
        Example("With a default", "ARG TAG=latest\nFROM busybox:${TAG}\nRUN true\n"),
        Example("With a default in its place", "ARG TAG\nFROM busybox:${TAG:-latest}\n"),
        Example("Nothing is missing without it", "ARG VARIANT\nFROM busybox${VARIANT}\n"),
        Example("An ARG of the stage", "FROM busybox\nARG TAG\nRUN echo $TAG\n"),
    ),
    twins=("buildkit:InvalidDefaultArgInFrom",),
    words=("$",),
    links=("https://docs.docker.com/reference/build-checks/invalid-default-arg-in-from/",),
)
