"""The normal form of a stage: equal where BuildKit reads the same, different where it does not."""

from __future__ import annotations

import pytest

from bakegen.dockerfile.normal import stage_text
from tests.unit.dockerfile.reading import model


def text(source: str) -> str:
    found = model(source)
    return "\n\n".join(stage_text(found, stage) for stage in (None, *found.stages))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("FROM a\nRUN b\n", "# c\n\nfrom   a\n\n# d\nrun   b  \n"),
        ("FROM a AS B\n", "FROM a as b"),
        ("FROM a\nCOPY a b /c\n", "FROM a\nCOPY a \\\n  # x\n\tb \\\n\n /c\n"),
        ("FROM a\nENV A=1 B='x y'\n", "FROM a\nENV A=1\\\n   B='x y'\n"),
        ('FROM a\nCMD [ "a","b" ]\n', 'FROM a\nCMD ["a", "\\u0062"]\n'),
        (
            "FROM a\nRUN --mount=type=cache,target=/x  y\n",
            "FROM a\nRUN '' y\n".replace("''", "--mount='type=cache,target=/x'"),
        ),
        ("FROM a\nONBUILD RUN x\n", "FROM a\nonbuild   run   x\n"),
        ("FROM a\nRUN <<E\nx\nE\n", "FROM a\nRUN <<E\r\nx\nE\r\n"),
        ("FROM a\nHEALTHCHECK CMD x y\n", "FROM a\nHEALTHCHECK   CMD   x y\n"),
        ("FROM a\n", "\ufeffFROM a"),
    ],
)
def test_equal(one: str, other: str) -> None:
    assert text(one) == text(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("FROM a\nRUN b  c\n", "FROM a\nRUN b c\n"),
        ("FROM a\nRUN b && \\\n c\n", "FROM a\nRUN b && \\\n  c\n"),
        ('FROM a\nRUN ["a"]\n', 'FROM a\nRUN "a"\n'),
        ("FROM a\nRUN <<E\nx\nE\n", "FROM a\nRUN <<E\ny\nE\n"),
        ("FROM a\nCOPY <<E /x\nx\nE\n", "FROM a\nCOPY <<'E' /x\nx\nE\n"),
        ("FROM a\nRUN <<E\n\tx\nE\n", "FROM a\nRUN <<-E\n\tx\nE\n"),
        ("FROM a\nENV A=1 B=2\n", "FROM a\nENV B=2 A=1\n"),
        ("FROM a\nENV A 'x'\n", "FROM a\nENV A='x'\n"),
        ("FROM a\nENV A b  c\n", "FROM a\nENV A b c\n"),
        ("FROM a\nCOPY --link a b\n", "FROM a\nCOPY a b\n"),
        ("FROM a\nCOPY --from=x a b\n", "FROM a\nCOPY --from=y a b\n"),
        ("FROM a\nRUN x\nUSER y\n", "FROM a\nUSER y\nRUN x\n"),
        ("FROM a\nENV A=x\\y\n", "# escape=`\nFROM a\nENV A=x\\y\n"),
        ("ARG A=1\nFROM a\n", "ARG A=2\nFROM a\n"),
        ("FROM a\n", "# syntax=docker/dockerfile:1\nFROM a\n"),
        ('FROM a\nCMD ["a b"]\n', 'FROM a\nCMD ["a", "b"]\n'),
        ("FROM a\nLABEL a=b\n", "FROM a\nLABEL a=c\n"),
    ],
)
def test_different(one: str, other: str) -> None:
    assert text(one) != text(other)
