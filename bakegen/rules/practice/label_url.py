"""Rule DF216: a label that should be a URL."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.rules.model import Example, Finding, Kind, Rule
from bakegen.rules.practice._labels import wrong

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.rules.dockerfiles import DockerfileSubject

_URL = re.compile(
    r"(?:https?|ftp|ssh|git)://[^\s/?#<>\"{}|\\^`]+(?:[/?#][^\s<>\"{}|\\^`]*)?|(?!https?:|ftp:)[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`]+"
)


def _check(subject: DockerfileSubject) -> Iterator[Finding]:
    return wrong(
        subject,
        "url",
        lambda value: _URL.fullmatch(value) is not None,
        "a URL",
        "begin with a scheme, as in https://example.com",
    )


_WANTED = {"labels": {"org.opencontainers.image.url": "url"}}

RULE = Rule(
    code="DF216",
    name="label-url",
    summary="Give labels that hold a URL one with its scheme",
    why="Tools show such labels as links. `example.com/app` is none: it has no scheme. A value that a variable gives "
    "is not looked at, as only the build knows it; hadolint finds it wrong. The rule needs a label of kind `url` "
    "in the configuration (`labels`).",
    severity=Severity.WARNING,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example(
            "Another value",
            "FROM scratch\nLABEL org.opencontainers.image.url=⟦example.com/app⟧\n",
            settings=_WANTED,
            message="example.com/",
        ),
        Example(
            "Near it, 1",
            'FROM scratch\nLABEL org.opencontainers.image.url=⟦"https://exa mple.com"⟧\n',
            settings=_WANTED,
        ),
        Example("Near it, 2", "FROM scratch\nLABEL org.opencontainers.image.url=⟦https://⟧\n", settings=_WANTED),
        Example(
            "As it should be",
            "FROM scratch\nLABEL org.opencontainers.image.url=https://example.com/a?b#c\n",
            settings=_WANTED,
        ),
        Example(
            "Also right, 1",
            'FROM scratch\nLABEL org.opencontainers.image.url="git+ssh://git@example.com/a.git"\n',
            settings=_WANTED,
        ),
        Example(
            "Also right, 2", "FROM scratch\nLABEL org.opencontainers.image.url=mailto:a@example.com\n", settings=_WANTED
        ),
        Example(
            "A value from outside", "FROM scratch\nARG V\nLABEL org.opencontainers.image.url=$V\n", settings=_WANTED
        ),
        Example("Nothing is wanted of it", "FROM scratch\nLABEL org.opencontainers.image.url=example.com/app\n"),
    ),
    twins=("hadolint:DL3052",),
    words=("label",),
)
