"""A ``syntax`` line that names this frontend: the rest of bakegen reads such a file as the frontend does."""

from __future__ import annotations

import pytest

from bakegen.dockerfile import read
from bakegen.facts.model import Evidence
from bakegen.rewrites.driver import rewrite
from bakegen.text import Source

TEXT = "FROM busybox\nARG A=1\nRUN true\nCOPY --from=x /a /b\nLABEL a=$A\n"


@pytest.mark.parametrize(
    "name", ["bakegen", "example.com/tools/bakegen:1 --level=assumed", "a/bakegen@sha256:" + "0" * 64]
)
def test_is_no_foreign_file(name: str) -> None:
    assert read(Source("Dockerfile", f"# syntax={name}\n{TEXT}")).tree.foreign is None


def test_is_rewritten_as_without_it() -> None:
    head = "# syntax=example.com/bakegen\n"
    plain = rewrite(Source("Dockerfile", TEXT), Evidence(), level="assumed")
    named = rewrite(Source("Dockerfile", head + TEXT), Evidence(), level="assumed")
    assert plain.changed
    assert named.source.text == head + plain.source.text


def test_other_names_are_foreign() -> None:
    assert read(Source("Dockerfile", "# syntax=example.com/bakegen-like\nFROM a\n")).tree.foreign is not None
