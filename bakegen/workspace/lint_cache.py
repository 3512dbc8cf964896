"""Results of earlier runs by content: an entry holds what was found in a file and all that this rests on.

There is one entry a file and configuration, in the user's cache folder; a file that changes takes its entry's place.
"""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import bakegen
from bakegen.diagnostics import Severity
from bakegen.rules.discovery import rule
from bakegen.rules.model import Finding, Fix, Result
from bakegen.text import Edit, Source, Span
from bakegen.workspace.recording import digest, unchanged

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bakegen.workspace.recording import Seen

_FORM = 1


def default_folder() -> Path:
    """Where entries are kept: ``bakegen/lint`` in the user's cache folder (XDG base directory specification)."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base and Path(base).is_absolute() else Path.home() / ".cache") / "bakegen" / "lint"


class LintCache:
    """Entries by file and configuration; what cannot be read or written is as if it were not there."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._program = f"{_FORM} {program()}"

    def load(self, path: Path, shown: str, text: str, configuration: str) -> tuple[Result, ...] | None:
        """What was found in a file of this text, None where that is not known.

        Args:
            path: the file.
            shown: what it is called in the results.
            text: its text.
            configuration: all that was said about how to look at it.
        """
        try:
            entry = json.loads(self._place(path, configuration).read_text(encoding="utf-8"))
            if (
                entry["key"] != digest(f"{self._program} {configuration}")
                or entry["text"] != digest(text)
                or not unchanged(map(tuple, entry["seen"]))
            ):
                return None
            source = Source(shown, text)
            return tuple(_result(one, source) for one in entry["results"])
        except (OSError, ValueError, KeyError, TypeError, LookupError):
            return None

    def store(self, path: Path, text: str, configuration: str, seen: Iterable[Seen], results: Sequence[Result]) -> None:
        """Keeps what was found."""
        entry = {
            "key": digest(f"{self._program} {configuration}"),
            "text": digest(text),
            "seen": [*seen],
            "results": [_plain(one) for one in results],
        }
        place = self._place(path, configuration)
        with contextlib.suppress(OSError):
            place.parent.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=place.parent)
            try:
                with os.fdopen(handle, "w", encoding="utf-8") as file:
                    json.dump(entry, file, separators=(",", ":"))
                Path(name).replace(place)
            except OSError:
                Path(name).unlink(missing_ok=True)

    def _place(self, path: Path, configuration: str) -> Path:
        name = digest(f"{configuration} {path.resolve()}")
        return self._folder / name[:2] / f"{name[2:]}.json"


@cache
def program() -> str:
    """What the results depend on beside the files: the version, and in a work tree the program's own files."""
    found = [bakegen.__version__]
    folders = [Path(bakegen.__file__).parent]
    while folders:
        with os.scandir(folders.pop()) as entries:
            for entry in sorted(entries, key=lambda one: one.name):
                if entry.is_dir(follow_symlinks=False) and entry.name != "__pycache__":
                    folders.append(Path(entry.path))
                elif entry.name.endswith(".py"):
                    facts = entry.stat()
                    found.append(f"{entry.name} {facts.st_size} {facts.st_mtime_ns}")
    return digest("\n".join(found))


def _plain(result: Result) -> dict[str, Any]:
    finding, fix = result.finding, result.finding.fix
    plain: dict[str, Any] = {
        "rule": result.rule.code,
        "severity": result.severity,
        "span": _ends(finding.span),
        "message": finding.message,
        "help": finding.help,
        "labels": [[*_ends(span), text] for span, text in finding.labels],
        "twins": finding.twins,
    }
    if fix is not None:
        edits = [[*_ends(edit.span), edit.text] for edit in fix.edits]
        plain["fix"] = [edits, fix.what, fix.safe, fix.why, fix.declared, fix.own_order]
    return plain


def _result(plain: dict[str, Any], source: Source) -> Result:
    fix = None
    if "fix" in plain:
        edits, what, safe, why, declared, own_order = plain["fix"]
        made = tuple(Edit(Span(start, end), text) for start, end, text in edits)
        fix = Fix(made, what, safe, why, tuple(declared), own_order)
    finding = Finding(
        Span(*plain["span"]),
        plain["message"],
        plain["help"],
        tuple((Span(start, end), text) for start, end, text in plain["labels"]),
        fix,
        tuple(plain["twins"]),
    )
    return Result(rule(plain["rule"]), finding, Severity(plain["severity"]), source)


def _ends(span: Span) -> list[int]:
    return [span.start, span.end]
