"""Rule DF221: a label that should be an e-mail address."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.rules.model import Example, Finding, Kind, Rule
from bakegen.rules.practice._labels import wrong

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.rules.dockerfiles import DockerfileSubject

_EMAIL = re.compile(
    r"(?:[\w!#$%&'*+/=?^`{|}~-]+(?:\.[\w!#$%&'*+/=?^`{|}~-]+)*|\"[^\"\s]+\")"
    r"@(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*|\[[\w.:]+\])"
)


def _check(subject: DockerfileSubject) -> Iterator[Finding]:
    return wrong(
        subject,
        "email",
        lambda value: _EMAIL.fullmatch(value) is not None,
        "an e-mail address",
        "write NAME@DOMAIN alone",
    )


_WANTED = {"labels": {"maintainer": "email"}}

RULE = Rule(
    code="DF221",
    name="label-email",
    summary="Give labels that hold an e-mail address nothing else",
    why="A program that mails the maintainer needs the address alone, as RFC 5322 has it (`me@example.com`), without "
    "a name around it. A value that a variable gives is not looked at, as only the build knows it; hadolint "
    "finds it wrong. The rule needs a label of kind `email` in the configuration (`labels`).",
    severity=Severity.WARNING,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example(
            "Another value",
            'FROM scratch\nLABEL maintainer=⟦"Me <me@example.com>"⟧\n',
            settings=_WANTED,
            message="Me <me@examp",
        ),
        Example("Near it, 1", "FROM scratch\nLABEL maintainer=⟦me.example.com⟧\n", settings=_WANTED),
        Example("Near it, 2", "FROM scratch\nLABEL maintainer=⟦me@-example.com⟧\n", settings=_WANTED),
        Example("As it should be", "FROM scratch\nLABEL maintainer=me@example.com\n", settings=_WANTED),
        Example(
            "Also right, 1", 'FROM scratch\nLABEL maintainer="first.last+tag@mail.example.com"\n', settings=_WANTED
        ),
        Example("A value from outside", "FROM scratch\nARG V\nLABEL maintainer=$V\n", settings=_WANTED),
        Example("Nothing is wanted of it", 'FROM scratch\nLABEL maintainer="Me <me@example.com>"\n'),
    ),
    twins=("hadolint:DL3058",),
    words=("label",),
)
