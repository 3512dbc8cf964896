"""Rule CA320: ``--link`` beside ``--chmod``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.dockerfile.instructions import Add, Copy
from bakegen.rules.cache._links import link_flag, without_link
from bakegen.rules.model import Example, Finding, Kind, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.rules.dockerfiles import DockerfileSubject


def _check(subject: DockerfileSubject) -> Iterator[Finding]:
    for _, command in (*subject.own(Copy), *subject.own(Add)):
        if command.link and command.chmod is not None:
            fix = without_link(subject, command, safe=True, why="BuildKit ignores it beside --chmod")
            yield Finding(
                link_flag(command),
                f"--link is ignored beside --chmod={command.chmod.text}",
                "take it out, or set the mode of the files where they come from",
                fix=fix,
            )


RULE = Rule(
    code="CA320",
    name="link-is-a-no-op",
    summary="Use --link or --chmod, not both",
    why="BuildKit copies the plain way where `--chmod` is given, and does not say so: the layer depends on everything "
    "below it as if `--link` were not there. Who counts on the link is better off with files that have the right mode "
    "in the build context, where git keeps the executable bit, or in the stage that they come from.",
    severity=Severity.WARNING,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example(
            "Both",
            "FROM scratch\nCOPY ⟦--link⟧ --chmod=755 run.sh /\n",
            "FROM scratch\nCOPY --chmod=755 run.sh /\n",
            files={"run.sh": ""},
            message="--chmod=755",
        ),
        Example(
            "On a line of its own",
            "FROM scratch\nADD --chmod=644 \\\n    --chown=1:1 ⟦--link=true⟧ \\\n    a /\n",
            "FROM scratch\nADD --chmod=644 \\\n    --chown=1:1 \\\n    a /\n",
            files={"a": ""},
        ),
        Example("One of them", "FROM scratch\nCOPY --link a /\nCOPY --chmod=644 b /\n"),
        Example("Switched off", "FROM scratch\nCOPY --link=false --chmod=644 b /\n"),
    ),
    words=("--link",),
)
