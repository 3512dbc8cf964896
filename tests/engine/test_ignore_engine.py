"""Ignore files and copy sources beside the engine: what is in the image is what our model says is read.

Every file holds its own path, so that a file in an image tells where it came from. Cases are built side by side as
targets of one bake, each with an ignore file beside its Dockerfile.
"""

from __future__ import annotations

import hashlib
import json
import os
import tarfile
from typing import TYPE_CHECKING

import pytest

from bakegen.dockerfile.ignore import IgnoreFile, ignore_file_names
from bakegen.plan.keys import SourcePattern
from bakegen.text import Source
from bakegen.workspace.context import Contexts, Line
from bakegen.workspace.files import ProjectFiles

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from tests.engine.harness.engine import Engine

FILES = (
    "a", "b", "ab", "A", "a.b", "a b", "ö", "!a", "#c", "x|y", "{a}", "a^b", "[x]", "foo.txt", "README.md", "go.v1.mod",
    "go.v2.mod", ".hidden", ".git/HEAD", "d/a", "d/b", "d/a.b", "d/foo.txt", "d/d/a", "d/d/d/a", "d/e/a", "foo/a",
    "foo/bar", "foo/foo/a", "foo/d/b", "q/b/x", "x/foo/y/bar/z", "x/foo/bar/z", "src/main.py", "src/lib/x.py",
    "src/lib/x.pyc", "src/lib/y.py", "docs/a.md",
)  # fmt: skip
LINKS = {"code": "src/lib", "deep": "/docs", "d/up": "../docs", "dangling": "nowhere"}
EMPTY = ("empty", "d/empty", "foo/e/e")

IGNORE_FILES = (
    "", "a", "/a", "a/", "./d//e/../d", "d", "*/a", "**/a", "**", "*", "d/**", "d/*", "**/*.txt", "*.txt", "x/**/bar",
    "**/foo/**/z", "d**/a", "?", "d/?", "[ab]", "[^a]", "[!a]", "[a-d]*", "\\#c", "#c", " #c", "\\[x\\]", "[[]x]",
    "a.b", "d\n!d/a", "d\n!d/e", "*\n!d/d/d/a", "!d/a\nd", "foo\n!foo/foo\nfoo/foo/a", "**\n!**/*.py", "*\n!**/a",
    "d/b\n!d", "d/*\n!d", "d\n!d", "*\n!a|b/*", "x|y", "a|b*", "{a}", "a^b", "a^b*", "!\\!a", "\\!a", "*\n!!a",
    "\ufeffa\r\nb\r\n", "..\n../a\n/", "/../a", "  d  ", "d # no comment", "go.v*.mod\n!go.v1.mod", "**/*.pyc\n.git",
    "ö", "**/ö", "code", "dangling\nd/up", "docs", "src/lib\n!src/lib/y.py", "empty", "d/empty", "foo/e", "foo/e/**",
    "foo/e/*", ".*", "**/.*", "*.*", "\\d*", "d\n!d/**/a", "d/d\n!d/d/*/a", "/ a", "/!a", "**/", "**/d/**",
)  # fmt: skip

SOURCES = (
    SourcePattern("."), SourcePattern("/"), SourcePattern("a"), SourcePattern("/a"), SourcePattern("../../a"),
    SourcePattern("d/../a"), SourcePattern("d"), SourcePattern("d/"), SourcePattern("*.txt"), SourcePattern("a?"),
    SourcePattern("[^a-z]"), SourcePattern("src/*"), SourcePattern("*/a.*"), SourcePattern("*/*/x.*"),
    SourcePattern("**/a.*"), SourcePattern("d*"), SourcePattern("src/*/x.*"), SourcePattern("s*/l*"),
    SourcePattern("code"), SourcePattern("code/x.py"), SourcePattern("code/*.pyc"), SourcePattern("c*"),
    SourcePattern("deep"), SourcePattern("d/up"), SourcePattern("d/up/a.md"), SourcePattern("d/u*"),
    SourcePattern("x/*/bar"), SourcePattern("d/[ab]"), SourcePattern(".h*"), SourcePattern("{a}"),
)  # fmt: skip
EXCLUDES = (
    SourcePattern(".", exclude=("d",)), SourcePattern(".", exclude=("**/a",)), SourcePattern("d", exclude=("a",)),
    SourcePattern("d", exclude=("d/a",)), SourcePattern("d", exclude=("*", "!d/a")),
    SourcePattern("src", exclude=("lib",)), SourcePattern("src", exclude=("**/*.pyc", "main.py")),
    SourcePattern("*.txt", exclude=("foo.txt",)), SourcePattern("s*", exclude=("lib/x.*",)),
    SourcePattern("code", exclude=("x.py",)), SourcePattern("src/*", exclude=("x.py",)),
    SourcePattern("d", exclude=("b", "d/d")), SourcePattern("s*", exclude=("*",)), SourcePattern("a", exclude=("b",)),
)  # fmt: skip
MISSING = (
    SourcePattern("nope"), SourcePattern("d/nope"), SourcePattern("a/x"), SourcePattern("foo/nope"),
    SourcePattern("dangling"), SourcePattern("x/foo/bar"), SourcePattern("x/foo/bar/z"), SourcePattern("code/x.pyc"),
    SourcePattern("empty/x"), SourcePattern("code/../main.py"),
)  # fmt: skip
PARENTS = (
    SourcePattern("src/lib/x.py", parents=True), SourcePattern("src/**/*.py", parents=True),
    SourcePattern("src/./lib", parents=True), SourcePattern("**/a", parents=True), SourcePattern("d/*/a", parents=True),
    SourcePattern("x/./**/z", parents=True), SourcePattern("d", parents=True, exclude=("d/a",)),
    SourcePattern("d/./d", parents=True, exclude=("d/a",)), SourcePattern("./src", parents=True),
)  # fmt: skip


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with awkward names, links and empty directories."""
    return fill(tmp_path_factory.mktemp("context"))


@pytest.fixture(scope="module")
def whole_context(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same without the link that leads nowhere: a wildcard that meets one fails the build."""
    root = fill(tmp_path_factory.mktemp("context"))
    (root / "dangling").unlink()
    return root


def fill(root: Path) -> Path:
    for path in FILES:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(path)
    for path, target in LINKS.items():
        (root / path).symlink_to(target)
    for path in EMPTY:
        (root / path).mkdir(parents=True)
    (root / "b").chmod(0o755)
    return root


def build(
    engine: Engine, context: Path, folder: Path, cases: Sequence[tuple[str, str]], batch: int = 30
) -> list[dict[str, Line]]:
    """Builds (COPY arguments, ignore file) pairs; returns what each image holds below /out, by path."""
    targets: dict[str, dict[str, object]] = {}
    for number, (arguments, ignored) in enumerate(cases):
        dockerfile = folder / f"{number}.Dockerfile"
        dockerfile.write_text(f"FROM scratch\nCOPY {arguments}\n")
        (folder / ignore_file_names(dockerfile.name)[0]).write_bytes(ignored.encode())
        targets[f"t{number}"] = {
            "context": str(context),
            "dockerfile": str(dockerfile),
            "output": [f"type=tar,dest={folder}/{number}.tar"],
        }
    names = list(targets)
    for start in range(0, len(names), batch):
        some = names[start : start + batch]
        file = folder / "docker-bake.json"
        file.write_text(json.dumps({"target": {name: targets[name] for name in some}}))
        engine.bake("-f", str(file), "--allow=fs=*", *some, cwd=folder)
    return [contents(folder / f"{number}.tar") for number in range(len(cases))]


def contents(image: Path) -> dict[str, Line]:
    found: dict[str, Line] = {}
    folders: set[str] = set()
    with tarfile.open(image) as archive:
        for member in archive:
            path = member.name.strip("/").removeprefix("out").strip("/")
            if member.isdir():
                folders.add(path)
                continue
            if member.issym():
                mode, data = "120000", os.fsencode(member.linkname)
            else:
                file = archive.extractfile(member)
                assert file is not None
                mode, data = ("100755" if member.mode & 0o100 else "100644"), file.read()
            found[path] = Line(path, mode, hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest())
    for path in folders - {""}:
        if not any(other.startswith(path + "/") for other in (*found, *folders)):
            found[path] = Line(path, "40000", hashlib.sha256(b"").hexdigest())
    return found


def words(source: SourcePattern) -> str:
    """The arguments of a COPY of the source to /out/."""
    flags = [f"--exclude={pattern} " for pattern in source.exclude]
    return "".join(flags) + ("--parents " if source.parents else "") + json.dumps([source.path, "/out/"])


def by_path(lines: Sequence[Line]) -> dict[str, Line]:
    return {line.path: line for line in lines if line.path != "."}


def origins(lines: Mapping[str, Line]) -> set[str]:
    """Which blobs, links' texts among them: where files come from, not where they went."""
    return {line.oid for line in lines.values() if line.mode != "40000"}


def test_ignore_files(engine: Engine, context: Path, tmp_path: Path) -> None:
    images = build(engine, context, tmp_path, [(". /out/", text) for text in IGNORE_FILES])
    contexts = Contexts(ProjectFiles(context))
    seen: dict[str, dict[str, Line]] = {}
    for text, image in zip(IGNORE_FILES, images, strict=True):
        rules = IgnoreFile.parse(Source(".dockerignore", text))
        everything = (SourcePattern("."),)
        assert by_path(contexts.lines(".", rules, everything)) == image, text
        digest = contexts.digest(".", rules, everything)
        assert seen.setdefault(digest, image) == image, f"{text!r}: another image, the same digest"
    assert len(seen) == len({str(sorted(image)) for image in seen.values()}), "one image, two digests"


@pytest.mark.parametrize("text", ["[", "a\\", "[]", "!", "[a-]", "*x{2,1}", "\\yfoo"])
def test_what_we_refuse_the_engine_refuses(engine: Engine, context: Path, tmp_path: Path, text: str) -> None:
    assert IgnoreFile.parse(Source(".dockerignore", text)).diagnostics
    (tmp_path / "Dockerfile").write_text("FROM scratch\nCOPY . /\n")
    (tmp_path / "Dockerfile.dockerignore").write_text(text)
    result = engine.build(
        "-f", str(tmp_path / "Dockerfile"), f"--output=type=tar,dest={tmp_path}/x.tar", str(context), check=False
    )
    assert result.code != 0


def test_the_ignore_file_beside_the_dockerfile_wins_alone(engine: Engine, tmp_path: Path) -> None:
    for name in "abc":
        (tmp_path / name).touch()
    (tmp_path / "Dockerfile").write_text("FROM scratch\nCOPY [abc] /out/\n")
    (tmp_path / ".dockerignore").write_text("a\n")
    for beside in (False, True):
        if beside:
            (tmp_path / "Dockerfile.dockerignore").write_text("b\n")
        name = next(name for name in ignore_file_names("Dockerfile") if (tmp_path / name).exists())
        engine.build(f"--output=type=tar,dest={tmp_path}/x.tar", str(tmp_path))
        rules = IgnoreFile.parse(Source(name, (tmp_path / name).read_text()))
        assert set(contents(tmp_path / "x.tar")) == {path for path in "abc" if not rules.excludes(path)}
        (tmp_path / "x.tar").unlink()


IGNORED = "**/*.pyc\nfoo\n!foo/bar\nx/foo/bar\n"


def test_sources_of_copy(engine: Engine, whole_context: Path, tmp_path: Path) -> None:
    left_out = ("code/*.pyc", "x/*/bar")  # with the ignore file they match nothing, which fails the build
    cases = [(source, "") for source in SOURCES]
    cases += [(source, IGNORED) for source in SOURCES if source.path not in left_out]
    compare(engine, whole_context, tmp_path, cases)


def test_excludes_of_copy(engine: Engine, whole_context: Path, tmp_path: Path) -> None:
    compare(engine, whole_context, tmp_path, [(source, text) for text in ("", IGNORED) for source in EXCLUDES])


@pytest.mark.parametrize("source", MISSING, ids=lambda source: source.path)
def test_missing_sources(engine: Engine, context: Path, tmp_path: Path, source: SourcePattern) -> None:
    rules = IgnoreFile.parse(Source(".dockerignore", IGNORED))
    lines = Contexts(ProjectFiles(context)).lines(".", rules, (source,))
    assert "missing" in {line.mode for line in lines}
    (tmp_path / "Dockerfile").write_text(f"FROM scratch\nCOPY {words(source)}\n")
    (tmp_path / "Dockerfile.dockerignore").write_text(IGNORED)
    result = engine.build(
        "-f", str(tmp_path / "Dockerfile"), f"--output=type=tar,dest={tmp_path}/x.tar", str(context), check=False
    )
    assert result.code != 0
    assert "not found" in result.stderr + result.logs


def test_parents_of_copy(engine: Engine, whole_context: Path, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM scratch\nCOPY --parents d/a /\n")
    if engine.build("-f", str(tmp_path / "Dockerfile"), "--call=check", str(whole_context), check=False).code:
        pytest.skip("this engine's own frontend does not know COPY --parents yet")
    cases = [(source, text) for text in ("", "**/*.pyc\n") for source in PARENTS]
    compare(engine, whole_context, tmp_path, cases)


def compare(engine: Engine, context: Path, folder: Path, cases: Sequence[tuple[SourcePattern, str]]) -> None:
    images = build(engine, context, folder, [(words(source), text) for source, text in cases])
    contexts = Contexts(ProjectFiles(context))
    for (source, text), image in zip(cases, images, strict=True):
        rules = IgnoreFile.parse(Source(".dockerignore", text))
        lines = by_path(contexts.lines(".", rules, (source,)))
        followed = {line.oid for path, line in lines.items() if path in LINKS and line.oid not in origins(image)}
        assert origins(lines) - followed == origins(image), (source, text)
