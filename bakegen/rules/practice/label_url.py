"""Rule DF216: a label that should be a URL."""

from __future__ import annotations

import re

from bakegen.rules.practice._labels import kind_rule

_URL = r"(?:https?|ftp|ssh|git)://[^\s/?#<>\"{}|\\^`]+(?:[/?#][^\s<>\"{}|\\^`]*)?|(?!https?:|ftp:)[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`]+"

RULE = kind_rule(
    code="DF216",
    name="label-url",
    summary="Give labels that hold a URL one with its scheme",
    why="Tools show such labels as links. `example.com/app` is none: it has no scheme. A value that a variable gives "
    "is not looked at, as only the build knows it; hadolint finds it wrong. The rule needs a label of kind `url` "
    "in the configuration (`labels`).",
    kind="url",
    twin="hadolint:DL3052",
    holds=lambda value: re.fullmatch(_URL, value) is not None,
    what="a URL",
    help="begin with a scheme, as in https://example.com",
    label="org.opencontainers.image.url",
    wrong=("example.com/app", '"https://exa mple.com"', "https://"),
    right=("https://example.com/a?b#c", '"git+ssh://git@example.com/a.git"', "mailto:a@example.com"),
)
