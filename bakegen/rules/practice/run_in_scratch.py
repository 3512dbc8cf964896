"""Rule DF230: a RUN where there is nothing to run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.dockerfile.instructions import Run, Transfer
from bakegen.rules.model import Example, Finding, Kind, Rule
from bakegen.rules.practice._stages import chain, roots

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.rules.dockerfiles import DockerfileSubject


def _check(subject: DockerfileSubject) -> Iterator[Finding]:
    for stage in subject.stages:
        first = next((one for one in stage.commands if isinstance(one, Run | Transfer)), None)
        if not isinstance(first, Run) or any(mount.kind == "bind" for mount in first.mounts):
            continue
        if roots(subject)[stage.index].start.image.text != "scratch":
            continue
        if any(isinstance(one, Transfer) for each in chain(subject, stage)[1:] for one in each.commands):
            continue
        message = "there is nothing to run in scratch, not even a shell"
        help = "build in another stage and COPY --from it, or begin with an image"
        yield Finding(first.node.keyword_span, message, help)


RULE = Rule(
    code="DF230",
    name="run-in-scratch",
    summary="Run commands only where there are programs",
    why="`scratch` is an empty directory. A RUN in it fails before anything is copied in, whatever its form: shell "
    "form needs /bin/sh, JSON form the program itself. What a bind mount brings can be run.",
    severity=Severity.ERROR,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example("No shell", "FROM scratch\n⟦RUN⟧ mkdir /data\nCOPY app /\n", message="not even a shell"),
        Example("In a child", 'FROM scratch AS empty\nENV A=1\nFROM empty\n⟦RUN⟧ ["/app"]\n'),
        Example("A program was copied", 'FROM scratch\nCOPY app /\nRUN ["/app", "--setup"]\n'),
        Example("A root was unpacked", "FROM scratch\nADD rootfs.tar.xz /\nRUN apt-get update\n"),
        Example(
            "A program is mounted", 'FROM scratch\nRUN --mount=from=busybox:1.37,target=/b ["/b/bin/mkdir", "/data"]\n'
        ),
    ),
    words=("scratch",),
    links=("https://docs.docker.com/build/building/base-images/#create-a-minimal-base-image-using-scratch",),
)
