"""What a COPY reads, beside the Go code that BuildKit copies with: wildcards, `--exclude`, `--parents`, symlinks."""

from __future__ import annotations

import random
from posixpath import normpath
from typing import TYPE_CHECKING, Any

from bakegen.dockerfile.ignore import IgnoreFile
from bakegen.plan.keys import SourcePattern
from bakegen.workspace.context import Contexts
from bakegen.workspace.files import ProjectFiles
from tests.unit.dockerfile.test_ignore_go import PATHS, ask, peer

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["peer"]

COUNT = 600
LINKS = {"link": "d", "d/up": "../foo", "abs": "/x/foo", "x/file": "bar", "ring": "ring2", "ring2": "ring"}
PARTS = ("a", "b", "d", "e", "foo", "x", "*", "**", "?", "a*", "*.txt", "[ad]", "[^a]", "link", "up", "abs", "..", ".")
EXCLUDES = (
    "a",
    "d",
    "**/a",
    "*",
    "!a",
    "!d/a",
    "*.txt",
    "**/*.txt",
    "d/d",
    "e/**",
    "foo",
    "!**/foo.txt",
    "*/a",
    "!*/a",
)


def question(source: SourcePattern, root: Path, to: Path) -> dict[str, Any]:
    """How BuildKit asks for it: dockerfile2llb/convert_copy.go, `dispatchCopy`."""
    asked: dict[str, Any] = {"root": str(root), "to": str(to), "exclude": list(source.exclude)}
    path = source.path
    if source.parents:
        path, pivot, pattern = path.partition("/./")
        if not pivot:
            path, pattern = "/", path
        asked["include"] = [normpath("/" + pattern).lstrip("/")]
    return {**asked, "copy": "/" + normpath("/" + path).lstrip("/")}


def test_random_sources_read_what_buildkit_copies(peer: Path, tmp_path: Path) -> None:
    root = tmp_path / "root"
    for path in PATHS:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(path)
    for path, target in LINKS.items():
        (root / path).symlink_to(target)
    chance = random.Random(5)
    sources = []
    for _ in range(COUNT):
        parts = chance.choices(PARTS, k=chance.choice((1, 2, 2, 3)))
        parents = chance.random() < 0.4
        if parents and len(parts) > 1 and chance.random() < 0.5 and parts[0] not in ("..", "."):
            parts.insert(1, ".")
        exclude = tuple(chance.choices(EXCLUDES, k=chance.choice((0, 0, 1, 2, 3))))
        sources.append(SourcePattern("/".join(parts), exclude=exclude, parents=parents))
    questions = []
    for number, source in enumerate(sources):
        (tmp_path / str(number)).mkdir()
        questions.append(question(source, root, tmp_path / str(number)))
    contexts = Contexts(ProjectFiles(root))
    compared = 0
    for source, answer in zip(sources, ask(peer, questions), strict=True):
        lines = contexts.lines(".", IgnoreFile(), (source,))
        if answer["error"]:
            continue
        compared += bool(answer["paths"])
        assert {line.path for line in lines if line.mode.startswith("100")} == set(answer["paths"]), source
    assert compared > COUNT / 4
