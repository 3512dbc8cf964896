"""Rule DF220: a label that should be a semantic version."""

from __future__ import annotations

import re

from bakegen.rules.practice._labels import kind_rule

_PART = r"(?:0|[1-9]\d*)"
_PRE = r"(?:0|[1-9]\d*|\d*[A-Za-z-][0-9A-Za-z-]*)"
_VERSION = rf"{_PART}\.{_PART}\.{_PART}(?:-{_PRE}(?:\.{_PRE})*)?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?"

RULE = kind_rule(
    code="DF220",
    name="label-version",
    summary="Give labels that hold a version a semantic one",
    why="Programs compare semantic versions (`1.4.0`, `2.0.0-rc.1`) without knowing the project. `1.4` and `v1.4.0` "
    "are none. A value that a variable gives is not looked at, as only the build knows it; hadolint finds it "
    "wrong. The rule needs a label of kind `semver` in the configuration (`labels`).",
    kind="semver",
    twin="hadolint:DL3056",
    holds=lambda value: re.fullmatch(_VERSION, value) is not None,
    what="a semantic version",
    help="write MAJOR.MINOR.PATCH, such as 1.4.0",
    label="org.opencontainers.image.version",
    wrong=("1.4", "v1.4.0", "1.04.0"),
    right=("1.4.0", '"2.0.0-rc.1+build.5"'),
)
