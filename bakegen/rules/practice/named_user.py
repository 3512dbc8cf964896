"""Rule DF224: an image whose user has no number."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.dockerfile.instructions import User
from bakegen.rules.model import Example, Finding, Kind, Rule
from bakegen.rules.practice._stages import chain
from bakegen.rules.practice.unknown_user import unknown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.rules.dockerfiles import DockerfileSubject


def _check(subject: DockerfileSubject) -> Iterator[Finding]:
    last = next(
        (one for stage in chain(subject) for one in reversed(stage.commands) if isinstance(one, User)),
        None,
    )
    if last is None or "$" in last.user.text:
        return
    name = last.user.text.strip("\"'").partition(":")[0]
    if name and name != "root" and not name.isdigit() and last not in unknown(subject):
        message = f"the image runs as {name}, and only the container knows which number that is"
        yield Finding(last.user.span, message, f"write the number of {name}")


RULE = Rule(
    code="DF224",
    name="named-user",
    summary="Let images run as a user that has a number",
    why="Kubernetes refuses to start an image with `runAsNonRoot` whose user is a name: it cannot tell whether that "
    "is root. A number can be told, and stays the same when the base image numbers its users differently, which "
    "counts for files in volumes. `USER 10001` needs no entry in /etc/passwd.\n\n"
    "Where no Kubernetes is, a name reads better: switch the rule off. Only the last USER of the image that the "
    "file ends with is looked at, and `root` is left to DF202; hadolint looks at every USER.",
    severity=Severity.NOTE,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example("A name", "FROM node:22\nUSER ⟦node⟧\n", message="node"),
        Example("With a group", "FROM node:22\nUSER ⟦node:1000⟧\n"),
        Example("A number", "FROM node:22\nUSER node\nRUN make\nUSER 1000:node\n"),
        Example("A stage that nobody runs", "FROM node:22 AS build\nUSER node\nFROM node:22\n"),
        Example("One whom the image cannot know, which DF231 finds", "FROM scratch\nCOPY a /bin/\nUSER app\n"),
        Example("A user from outside", "FROM node:22\nARG USER\nUSER $USER\n"),
    ),
    twins=("hadolint:DL3066",),
    words=("user",),
    links=("https://kubernetes.io/docs/tasks/configure-pod-container/security-context/",),
)
