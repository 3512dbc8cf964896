"""What the shell of a RUN is given, and the way back to the source; which shell it is."""

from __future__ import annotations

import pytest

from bakegen.dockerfile import Run, read
from bakegen.shell.dialect import Dialect, dialect
from bakegen.shell.runtext import RunText, run_text, script_shell
from bakegen.text import Source


def texts(source: str) -> RunText:
    command = read(Source("Dockerfile", source)).stages[0].commands[-1]
    assert isinstance(command, Run)
    return run_text(command)


@pytest.mark.parametrize(
    ("run", "expected"),
    [
        ("RUN a b", "a b"),
        ("RUN a \\\n  b \\\n# c\n  && d", "a   b   && d"),
        ("RUN <<E\na\nb\nE", "a\nb\n"),
        ("RUN <<-E\n\ta\n\t\tb\n\tE", "a\nb\n"),
        ("RUN cat <<E >x && b\na\nE", "cat <<E >x && b\na\nE"),
        ("RUN cat <<A <<B\n1\nA\n2\nB", "cat <<A <<B\n1\nA\n2\nB"),
        ("RUN --network=none a", "a"),
    ],
)
def test_text(run: str, expected: str) -> None:
    assert texts(f"FROM x\n{run}\n").text == expected


@pytest.mark.parametrize(
    "source",
    [
        "FROM x\nRUN a \\\n   mark  && b\n",
        "FROM x\nRUN <<E\na\nmark\nE\n",
        "FROM x\nRUN <<-E\n\ta\n\t\tmark\n\tE\n",
        "FROM x\nRUN cat <<A <<B && x\n1\nA\nmark\nB\n",
        "# é\nFROM x\nRUN \\\n# c\n ü && \\\n mark\n",
        "# escape=`\nFROM x\nRUN a `\n mark\n",
    ],
)
def test_places(source: str) -> None:
    text = texts(source)
    at = text.text.index("mark")
    span = text.place(at, at + 4)
    assert source[span.start : span.end] == "mark"


def test_scripts() -> None:
    text = texts("FROM x\nRUN <<E\n#!/bin/bash -e\na\nE\n")
    assert text.script
    assert script_shell(text.text) == ("/bin/bash", Dialect("bash", True, errexit=True))
    assert script_shell("#!/usr/bin/env sh\n") == ("sh", Dialect("sh", False))
    for first in ("#!/usr/bin/env python3", "#!/bin/sh -e -x", "#!/usr/bin/perl", "#!/usr/bin/env -S bash -e"):
        assert isinstance(script_shell(f"{first}\nx"), str)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("/bin/sh", "-c"), Dialect("sh", False)),
        (("/bin/bash", "-o", "pipefail", "-c"), Dialect("bash", True, pipefail=True)),
        (("/bin/bash", "-euxo", "pipefail", "-c"), Dialect("bash", True, errexit=True, pipefail=True)),
        (("bash", "-ec"), Dialect("bash", True, errexit=True)),
        (("/bin/ash", "-eo", "pipefail", "-c"), Dialect("ash", False, errexit=True, pipefail=True)),
        (("/bin/dash", "-c", "-e"), Dialect("dash", False, errexit=True)),
    ],
)
def test_shells(words: tuple[str, ...], expected: Dialect) -> None:
    assert dialect(words) == expected


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("powershell", "-Command"),
        ("cmd", "/S", "/C"),
        ("/bin/bash", "-lc"),
        ("/bin/bash", "--login", "-c"),
        ("/bin/sh",),
        ("/bin/sh", "-c", "x"),
        ("/bin/sh", "-o", "noglob", "-c"),
        ("/bin/zsh", "-c"),
        ("/usr/bin/python3", "-c"),
    ],
)
def test_other_shells(words: tuple[str, ...]) -> None:
    assert isinstance(dialect(words), str)
