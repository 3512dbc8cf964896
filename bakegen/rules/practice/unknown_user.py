"""Rule DF231: a user name in an image that knows no users."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.dockerfile.instructions import Run, Transfer, User
from bakegen.rules.model import Example, Finding, Kind, Rule
from bakegen.rules.practice._stages import chain, roots

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.dockerfile.instructions import Text
    from bakegen.rules.dockerfiles import DockerfileSubject


def _check(subject: DockerfileSubject) -> Iterator[Finding]:
    for command in unknown(subject):
        name = command.user.text.strip("\"'").partition(":")[0]
        message = f"{name} is unknown in an image from scratch: nothing brings /etc/passwd"
        yield Finding(command.user.span, message, "write a number, such as 65532")


def unknown(subject: DockerfileSubject) -> Iterator[User]:
    """The USERs that name somebody whom their image surely does not know."""
    for stage, command in subject.own(User):
        name = command.user.text.strip("\"'").partition(":")[0]
        if not name or name.isdigit() or "$" in name or name == "root":
            continue
        if roots(subject)[stage.index].start.image.text != "scratch":
            continue
        every = [one for each in chain(subject, stage) for one in each.commands]
        if not any(isinstance(one, Run) or (isinstance(one, Transfer) and _may_bring(one)) for one in every):
            yield command


def _may_bring(command: Transfer) -> bool:
    """Whether it may bring /etc/passwd."""
    target = command.destination.text.strip("\"'")
    if not target.startswith("/") or "$" in target or ".." in target:
        return True
    path = target.strip("/")
    if path in ("", "."):
        # One file with an ending stays what it is at the root.
        return not all(_is_file(source) for source in command.sources)
    return path == "etc" or path.startswith("etc/")


def _is_file(source: Text) -> bool:
    last = source.text.strip("\"'").rpartition("/")[2]
    return "." in last.strip(".") and "tar" not in last and "*" not in last and not last.endswith("gz")


RULE = Rule(
    code="DF231",
    name="unknown-user",
    summary="Give the user of an image from scratch as a number",
    why="A name is looked up in /etc/passwd of the image when a container starts. An image from `scratch` has none, "
    "so that it builds and then never starts: `unable to find user app: no matching entries in passwd file`. A "
    "number needs no entry. The other way is to copy a passwd file: `COPY --from=build /etc/passwd /etc/passwd`.",
    severity=Severity.ERROR,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example(
            "Nobody knows it",
            "FROM debian:13 AS build\nUSER nobody\nFROM scratch\nCOPY --from=build /app /bin/\nUSER ⟦app:app⟧\n",
            message="app is unknown",
        ),
        Example("A number", "FROM scratch\nCOPY app /bin/\nUSER 65532:65532\n"),
        Example("It is copied", "FROM scratch\nCOPY --from=build /etc/passwd /etc/\nUSER app\n"),
        Example("It may be copied", "FROM scratch\nCOPY --from=build /out /\nUSER app\n"),
        Example("Unpacked", "FROM scratch\nADD rootfs.tar.xz /\nUSER app\n"),
    ),
    words=("scratch",),
)
