"""Work grows with the size of a file, not with its square; counted in calls, which a busy machine does not change."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

import pytest

from bakegen.dockerfile import parse, read
from bakegen.text import Source

Make = Callable[[int], str]

KINDS: dict[str, Make] = {
    "lines": lambda n: "FROM a\n" + "RUN echo hi && true\n" * n,
    "blank lines": lambda n: "FROM a\n" + "\n" * n,
    "comments": lambda n: "FROM a\n" + "# c\n" * n + "ARG A\n",
    "continuation lines": lambda n: "FROM a\nRUN x \\\n" + "  y \\\n" * n + " z\n",
    "comments in a continuation": lambda n: "FROM a\nRUN x \\\n" + "# y\n" * n + " z\n",
    "blank lines in a continuation": lambda n: "FROM a\nRUN x \\\n" + "\n" * n + " z\n",
    "heredocs": lambda n: "FROM a\n" + "RUN <<E\nx\nE\n" * n,
    "heredocs on one line": lambda n: "FROM a\nRUN " + "<<E " * n + "\n" + "E\n" * n,
    "long heredoc": lambda n: "FROM a\nRUN <<E\n" + "x\n" * n + "E\n",
    "unterminated heredocs": lambda n: "FROM a\n" + "".join(f"RUN <<E{i}\n" for i in range(n)),
    "unknown instructions": lambda n: "FROM a\n" + "FOO bar\n" * n,
    "variables": lambda n: "FROM a\n" + 'ENV A="b c" D=$A E=${A:-x}\n' * n,
    "one ENV": lambda n: "FROM a\nENV " + "".join(f"A{i}=b \\\n " for i in range(n)) + "Z=1\n",
    "one COPY": lambda n: "FROM a\nCOPY " + "a \\\n " * n + "/x\n",
    "stages": lambda n: "".join(f"FROM a AS s{i}\nCOPY --from=s{max(0, i - 1)} /x /y\n" for i in range(n)),
    "chain of stages": lambda n: "FROM a AS s0\n" + "".join(f"FROM s{i} AS s{i + 1}\nENV A{i}=1\n" for i in range(n)),
    "one long line": lambda n: "FROM a\nRUN " + "x " * n + "\n",
    "one long quoted value": lambda n: "FROM a\nENV A=" + "\"a\"'b'" * n + "\n",
    "one open quote": lambda n: "FROM a\nENV A=" + '"a"' * n + "'\n",
    "one long JSON array": lambda n: "FROM a\nCMD [" + '"a",' * n + '"b"]\n',
    "one broken JSON array": lambda n: "FROM a\nCMD [" + '"a",' * n + "]\n",
    "one word of dollars": lambda n: "FROM a\nENV A=" + "${A:-x}" * n + "\n",
    "mounts": lambda n: "FROM a\nRUN " + "--mount=target=/x \\\n" * n + "x\n",
}


def calls(text: str) -> int:
    """How many calls, of Python and of C functions, reading `text` with all its values takes."""
    count = 0

    def note(frame: object, event: str, argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(note)
    try:
        read(Source("x", text)).resolve()
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize("kind", KINDS)
def test_calls_grow_with_the_file(kind: str) -> None:
    make = KINDS[kind]
    small, large = calls(make(150)), calls(make(600))
    assert large < 4.6 * small + 200


@pytest.mark.parametrize("kind", KINDS)
def test_time_grows_with_the_file(kind: str) -> None:
    """What happens inside of a call: eight times the text takes far from sixty-four times as long."""
    make = KINDS[kind]

    def seconds(size: int) -> float:
        source = Source("x", make(size))
        best = float("inf")
        for _ in range(3):
            start = time.process_time()
            parse(source)
            best = min(best, time.process_time() - start)
        return best

    assert seconds(8_000) < 40 * seconds(1_000) + 0.05
