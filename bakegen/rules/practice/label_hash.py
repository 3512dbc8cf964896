"""Rule DF219: a label that should be a commit."""

from __future__ import annotations

import re

from bakegen.rules.practice._labels import kind_rule

_HASH = r"[0-9a-f]{7,40}|[0-9a-f]{64}"

RULE = kind_rule(
    code="DF219",
    name="label-hash",
    summary="Give labels that hold a commit its hash",
    why="A hash leads to one commit for good; a branch or a tag leads elsewhere tomorrow. From 7 to 40 digits are "
    "right, and the 64 of repositories that use SHA-256. A value that a variable gives is not looked at, as only "
    "the build knows it; hadolint finds it wrong. The rule needs a label of kind `hash` in the configuration "
    "(`labels`).",
    kind="hash",
    twin="hadolint:DL3055",
    holds=lambda value: re.fullmatch(_HASH, value) is not None,
    what="the hash of a commit",
    help="write 7 to 40 hexadecimal digits",
    label="org.opencontainers.image.revision",
    wrong=("main", "0123ABC", "012345"),
    right=(
        "0123456789abcdef0123456789abcdef01234567",
        "0123abc",
        "abababababababababababababababababababababababababababababababab",
    ),
)
