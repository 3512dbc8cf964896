"""Rule DF221: a label that should be an e-mail address."""

from __future__ import annotations

import re

from bakegen.rules.practice._labels import kind_rule

_EMAIL = (
    r"(?:[\w!#$%&'*+/=?^`{|}~-]+(?:\.[\w!#$%&'*+/=?^`{|}~-]+)*|\"[^\"\s]+\")"
    r"@(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*|\[[\w.:]+\])"
)

RULE = kind_rule(
    code="DF221",
    name="label-email",
    summary="Give labels that hold an e-mail address nothing else",
    why="A program that mails the maintainer needs the address alone, as RFC 5322 has it (`me@example.com`), without "
    "a name around it. A value that a variable gives is not looked at, as only the build knows it; hadolint "
    "finds it wrong. The rule needs a label of kind `email` in the configuration (`labels`).",
    kind="email",
    twin="hadolint:DL3058",
    holds=lambda value: re.fullmatch(_EMAIL, value) is not None,
    what="an e-mail address",
    help="write NAME@DOMAIN alone",
    label="maintainer",
    wrong=('"Me <me@example.com>"', "me.example.com", "me@-example.com"),
    right=("me@example.com", '"first.last+tag@mail.example.com"'),
)
