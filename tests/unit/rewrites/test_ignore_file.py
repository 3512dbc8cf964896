"""ignore-file: which patterns are proved, which are advice, and what is not said."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bakegen.effects.model import Tier
from bakegen.rewrites.driver import rewrite
from bakegen.text import Source
from tests.unit.rewrites.evidence import evidence

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bakegen.rewrites.driver import Outcome

FILES = {"main.py": "", "docs/a.md": "", "src/b.log": "", "src/c": "", "link": "-> docs/a.md"}


def ignore(text: str, files: Mapping[str, str] | None = FILES, given: str = "") -> Outcome:
    found = evidence(files, ignore=given)
    return rewrite(Source("Dockerfile", text), found, only=("ignore-file",), ignore=given, strict=True)


@pytest.mark.parametrize(
    ("lines", "patterns"),
    [
        ("COPY --exclude=docs . /a", ("docs",)),
        ("COPY --exclude=./docs/ --exclude=**/*.log . /a", ("docs", "**/*.log")),
        ("COPY --exclude=docs . /a\nCOPY src /b", ("docs",)),
        ("COPY --exclude=docs . /a\nADD https://example.com/docs /b", ("docs",)),
        ("COPY --exclude=docs . /a\nRUN --mount=type=bind,source=src,target=/s ls /s", ("docs",)),
        ("COPY --exclude=docs --exclude=src . /a\nCOPY --exclude=docs . /b", ("docs",)),
        ("ADD --exclude=docs . /a", ("docs",)),
    ],
)
def test_what_every_read_leaves_out(lines: str, patterns: tuple[str, ...]) -> None:
    outcome = ignore(f"FROM scratch\n{lines}\n")
    assert outcome.ignore == (*patterns, ".dockerignore")  # a new file must not come into the image
    assert outcome.source.text == f"FROM scratch\n{lines}\n"
    assert all(one.proposal.tier is Tier.FACTS for one in outcome.applied)


@pytest.mark.parametrize(
    "lines",
    [
        "COPY . /a",
        "COPY --exclude=docs src /a",
        "COPY --exclude=docs . /a\nCOPY docs/a.md /b",
        "COPY --exclude=docs/a.md . /a\nCOPY docs /b",
        "COPY --exclude=docs . /a\nCOPY d* /b",
        "COPY --exclude=docs . /a\nCOPY link /b",
        "COPY --exclude=docs . /a\nRUN --mount=type=bind,target=/s ls /s",
        "COPY --exclude=docs --exclude=!docs/a.md . /a",
        "COPY --exclude=/docs . /a",
        "COPY --exclude=**/*.log . /a\nCOPY src /b",
        "ARG S=docs\nCOPY --exclude=docs . /a\nCOPY $S /b",
        "COPY --exclude=docs . src /a/",
    ],
)
def test_what_some_read_takes(lines: str) -> None:
    assert not ignore(f"FROM scratch\n{lines}\n").ignore


def test_a_stage_that_nothing_needs_still_counts() -> None:
    text = "FROM scratch AS other\nCOPY docs /d\nFROM scratch\nCOPY --exclude=docs . /a\n"
    assert not ignore(text).ignore


def test_the_ignore_file_itself() -> None:
    text, files = "FROM scratch\nCOPY --exclude=docs . /a\n", {**FILES, ".dockerignore": "x\n"}
    outcome = ignore(text, files, given="x\n")
    assert not outcome.applied
    assert "whether the image needs the ignore file" in outcome.offered[0].missing[0].what
    assert ignore(text, files, given="x\n.dockerignore\n").ignore == ("docs",)
    without = text.replace(" . ", " --exclude=.dockerignore . ")
    assert ignore(without, files, given="x\n").ignore == ("docs", ".dockerignore")
    nested = {**files, "docker/web.Dockerfile.dockerignore": ""}
    assert not ignore(without, nested, given="x\n").applied
    assert not ignore(text, None).applied and ignore(text, None).offered


def test_what_is_ignored_already_is_not_said_again() -> None:
    assert not ignore("FROM scratch\nCOPY --exclude=docs . /a\n", given="/docs/\n").ignore


def test_advice() -> None:
    files = {**FILES, ".git/HEAD": "", "web/node_modules/a/b.js": "", "x/__pycache__/a.pyc": "", "Dockerfile": ""}
    outcome = ignore("FROM scratch\nCOPY . /a\n", files)
    assert not outcome.applied
    (offer,) = outcome.offered
    assert offer.tier is Tier.ADVICE
    assert offer.ignore == (".git", "**/node_modules", "**/__pycache__", "**/*.log", "Dockerfile")
    assert not offer.missing[0].assumable


def test_advice_only_where_everything_is_copied() -> None:
    files = {**FILES, ".git/HEAD": ""}
    assert not ignore("FROM scratch\nCOPY src /a\n", files).offered
    assert ignore("FROM scratch\nRUN --mount=type=bind,target=/m /m/x\n", files).offered
    assert not ignore("FROM scratch\nCOPY . /a\n", files, given=".git\n**/*.log\n").offered
    assert not ignore("FROM scratch\nCOPY . /a\n", None).offered
