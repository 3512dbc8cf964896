"""Rule DF217: a label that should be a time."""

from __future__ import annotations

import re

from bakegen.rules.practice._labels import kind_rule

_TIME = r"(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.\d+)?(?:[Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)"


def _is_time(value: str) -> bool:
    from datetime import datetime

    match = re.fullmatch(_TIME, value)
    if match is None:
        return False
    year, month, day, hour, minute, second = (int(group) for group in match.groups())
    try:
        datetime(year, month, day, hour, minute, min(second, 59) if second == 60 else second)  # a leap second
    except ValueError:
        return False
    return True


RULE = kind_rule(
    code="DF217",
    name="label-time",
    summary="Give labels that hold a time one of RFC 3339",
    why="The OCI image specification asks for RFC 3339 (`2026-01-31T12:00:00Z`), with a date, a time and an offset, "
    "so that programs can sort images by it. A value that a variable gives is not looked at, as only the build "
    "knows it; hadolint finds it wrong. The rule needs a label of kind `rfc3339` in the configuration (`labels`).",
    kind="rfc3339",
    twin="hadolint:DL3053",
    holds=_is_time,
    what="a time of RFC 3339",
    help="write it like 2026-01-31T12:00:00Z",
    label="org.opencontainers.image.created",
    wrong=("2026-01-31", "2026-02-30T12:00:00Z", "2026-01-31T12:00:00"),
    right=("2026-01-31T12:00:00Z", '"2026-01-31T12:00:00.5+02:00"'),
)
