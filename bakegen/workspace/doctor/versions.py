"""Versions as engines report them: compared, and told from those of distributions, which mend without a new number."""

from __future__ import annotations

import re

from bakegen.definition.attributes import parse_version

_DISTRIBUTION = re.compile(r"\+(?:ds|dfsg|deb|really)|dfsg|ubuntu|-\d+(?:\.\w+)*~|\.(?:el|fc|amzn)\d|-r\d+$|\+azure|~")

ENGINE_BUILDKIT = (
    ("29.7.2", "0.32.2"), ("29.7.0", "0.32.0"), ("29.6.2", "0.31.2"), ("29.6.1", "0.31.1"), ("29.6.0", "0.31.0"),
    ("29.5.0", "0.30.0"), ("29.4.0", "0.29.0"), ("29.3.1", "0.28.1"), ("29.3.0", "0.28.0"), ("29.2.1", "0.27.1"),
    ("29.2.0", "0.27.0"), ("29.1.4", "0.26.3"), ("29.1.0", "0.26.2"), ("28.5.2", "0.25.2"), ("28.5.1", "0.25.1"),
    ("28.5.0", "0.25.0"), ("28.4.0", "0.24.0"), ("28.3.1", "0.23.2"), ("28.3.0", "0.23.1"), ("28.2.0", "0.22.0"),
    ("28.1.0", "0.21.0"), ("28.0.3", "0.20.2"), ("28.0.2", "0.20.1"), ("28.0.0", "0.20.0"), ("27.5.0", "0.18.2"),
    ("27.4.0", "0.17.3"), ("27.3.0", "0.16.0"), ("27.2.0", "0.15.2"), ("27.1.2", "0.15.1"), ("27.1.0", "0.15.0"),
    ("27.0.1", "0.14.1"), ("26.1.1", "0.13.2"), ("26.0.0", "0.13.1"), ("25.0.2", "0.12.5"), ("25.0.0", "0.12.4"),
    ("24.0.0", "0.11.6"),
)  # fmt: skip
"""Docker Engine -> the BuildKit in it, newest first. Source: ``vendor.mod`` of moby/moby at each tag."""

_FRONTEND_STEP = 6  # frontend 1.7 came with BuildKit 0.13, 1.20 with 0.26: their tags stand on the same commits


def numbers(version: str) -> tuple[int, ...] | None:
    """`v0.29.1+ds1` as ``(0, 29, 1)``; None where it is no version, or one that stands for "unknown"."""
    try:
        found = parse_version(version)
    except ValueError:
        return None
    return found if any(found) else None


def older(version: str, than: str) -> bool | None:
    """Whether `version` is older; None where that cannot be told."""
    one, other = numbers(version), numbers(than)
    if one is None or other is None:
        return None
    length = max(len(one), len(other))
    return one + (0,) * (length - len(one)) < other + (0,) * (length - len(other))


def of_distribution(version: str) -> bool:
    """Whether a distribution made it, which may hold fixes that its number does not tell."""
    return _DISTRIBUTION.search(version) is not None


def buildkit_of_engine(engine: str) -> str:
    """The BuildKit in a Docker Engine, "" where it is older or newer than the table knows."""
    found = numbers(engine)
    if found is None or found[:2] > (29, 7):
        return ""
    for since, version in ENGINE_BUILDKIT:
        if found >= (numbers(since) or ()):
            return version
    return ""


def buildkit_of_frontend(frontend: str) -> str:
    """The BuildKit that brought the Dockerfile frontend `frontend` (``1.20``) as its own."""
    major, minor, *_ = (*(numbers(frontend) or (1, 0)), 0)
    return f"0.{minor + _FRONTEND_STEP}" if major == 1 and minor >= 4 else "0.10"
