"""Rule DF257: ``apt-get install`` with the packages that others only recommend."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.dockerfile.instructions import Add, Copy
from bakegen.rules.model import Example, Finding, Kind, Rule
from bakegen.rules.practice._apt import apt, sets
from bakegen.rules.practice._commands import put_behind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.rules.dockerfiles import DockerfileSubject


def _check(subject: DockerfileSubject) -> Iterator[Finding]:
    if "apt::install-recommends" in subject.lower or _configured(subject):
        return
    for action in apt(subject, "install"):
        call = action.call
        if not action.sure or call.has("--no-install-recommends", "--install-recommends"):
            continue
        if sets(call, "install-recommends") or call.has("--download-only", "-d"):
            continue
        fix = put_behind(
            action.verb,
            call,
            "--no-install-recommends",
            "Add --no-install-recommends",
            "packages that are only recommended are missing, and something may have used them",
        )
        message = f"{call.name} install also installs what its packages only recommend"
        yield Finding(action.verb.span, message, "add --no-install-recommends, and name what is needed", fix=fix)


def _configured(subject: DockerfileSubject) -> bool:
    """Whether a file is put where apt is configured."""
    return any(
        "etc/apt" in text.text and "sources" not in text.text
        for kind in (Copy, Add)
        for _, command in subject.each(kind)
        for text in (command.destination,)
    )


RULE = Rule(
    code="DF257",
    name="apt-recommends",
    summary="Install packages without those they only recommend",
    why="Debian's packages depend on what they need and recommend what most people at a desk want beside it: manuals, "
    "mail servers, desktop libraries. In an image that is often more than the packages themselves, it has to be "
    "downloaded, stored and patched.\n\nIt is a note because recommended packages sometimes are needed: "
    "`ca-certificates` beside `curl`, `openssh-client` beside `git`. Name those, it is clearer anyway. Who does want "
    "all of them writes `--install-recommends`, and nothing is reported; nor where the file sets "
    "`APT::Install-Recommends`.",
    severity=Severity.NOTE,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example(
            "With all that is recommended",
            "FROM debian:13\nRUN apt-get update \\\n # tools\n && apt-get ⟦install⟧ -y \\\n      git\n",
            "FROM debian:13\nRUN apt-get update \\\n # tools\n && apt-get install --no-install-recommends -y \\\n"
            "      git\n",
            safe=False,
        ),
        Example("Without", "FROM debian:13\nRUN apt-get install -y --no-install-recommends git\n"),
        Example("As a setting", "FROM debian:13\nRUN apt-get -o APT::Install-Recommends=0 install -y git\n"),
        Example("On purpose", "FROM debian:13\nRUN apt-get install -y --install-recommends kde-plasma-desktop\n"),
        Example(
            "Configured elsewhere", "FROM debian:13\nCOPY 90lean /etc/apt/apt.conf.d/\nRUN apt-get install -y git\n"
        ),
    ),
    twins=("hadolint:DL3015",),
    words=("apt",),
)
