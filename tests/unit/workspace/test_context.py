"""Context trees: what a selection reads, whole directories by one digest, blobs only where they are the file."""

from __future__ import annotations

import hashlib
import os
import random
import shutil
import socket
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bakegen.dockerfile.ignore import IgnoreFile
from bakegen.errors import InputError
from bakegen.plan.keys import SourcePattern
from bakegen.text import Source
from bakegen.workspace.context import Contexts, Line
from bakegen.workspace.files import ProjectFiles
from tests.unit.workspace.repositories import Repository, no_configuration, repository

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["no_configuration", "repository"]

ALL = (SourcePattern("."),)


def blob(content: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


def ignore(text: str) -> IgnoreFile:
    return IgnoreFile.parse(Source(".dockerignore", text))


class Folder:
    """A project in a temporary folder; each question is asked of a reader that has seen nothing yet."""

    def __init__(self, root: Path) -> None:
        self.root = root
        root.mkdir(exist_ok=True)

    def write(self, path: str, content: str = "") -> Path:
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(content or path)
        return target

    def contexts(self) -> Contexts:
        return Contexts(ProjectFiles(self.root))

    def digest(self, *sources: SourcePattern | str, rules: str = "", context: str = ".") -> str:
        return self.contexts().digest(context, ignore(rules), selection(*sources))

    def paths(self, *sources: SourcePattern | str, rules: str = "", context: str = ".") -> list[str]:
        lines = self.contexts().lines(context, ignore(rules), selection(*sources))
        return [line.path if line.mode != "missing" else f"missing {line.path}" for line in lines]


def selection(*sources: SourcePattern | str) -> tuple[SourcePattern, ...]:
    return tuple(SourcePattern(source) if isinstance(source, str) else source for source in sources)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    made = Folder(tmp_path / "p")
    for path in ("a.txt", "b.txt", "src/main.py", "src/lib/x.py", "src/lib/x.pyc", "src/lib/y.py", "docs/a.md"):
        made.write(path)
    return made


# What is selected -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "paths"),
    [
        (".", ["a.txt", "b.txt", "docs/a.md", "src/lib/x.py", "src/lib/x.pyc", "src/lib/y.py", "src/main.py"]),
        ("", ["a.txt", "b.txt", "docs/a.md", "src/lib/x.py", "src/lib/x.pyc", "src/lib/y.py", "src/main.py"]),
        ("a.txt", ["a.txt"]),
        ("./a.txt", ["a.txt"]),
        ("/a.txt", ["a.txt"]),
        ("../../a.txt", ["a.txt"]),
        ("src/../a.txt", ["a.txt"]),
        ("docs", ["docs/a.md"]),
        ("docs/", ["docs/a.md"]),
        ("nope", ["missing nope"]),
        ("a.txt/x", ["missing a.txt/x"]),
        ("A.txt", ["missing A.txt"]),
        ("*.txt", ["a.txt", "b.txt"]),
        ("?.txt", ["a.txt", "b.txt"]),
        ("[^a].txt", ["b.txt"]),
        ("*.nope", []),
        ("s*", ["src/lib/x.py", "src/lib/x.pyc", "src/lib/y.py", "src/main.py"]),
        ("src/*", ["src/lib/x.py", "src/lib/x.pyc", "src/lib/y.py", "src/main.py"]),
        ("src/*/x.*", ["src/lib/x.py", "src/lib/x.pyc"]),
        ("*/*.md", ["docs/a.md"]),
        ("**/*.md", ["docs/a.md"]),
        ("**/x.py", []),
        (SourcePattern("*.txt", wildcard=False), ["missing *.txt"]),
        (SourcePattern("src", exclude=("lib",)), ["src/main.py"]),
        (SourcePattern("src", exclude=("**/*.pyc", "main.py")), ["src/lib/x.py", "src/lib/y.py"]),
        (SourcePattern("src", exclude=("lib", "!lib/y.py")), ["src/lib/y.py", "src/main.py"]),
        (SourcePattern("*.txt", exclude=("a.txt",)), ["a.txt", "b.txt"]),
        (SourcePattern("src/lib/x.py", parents=True), ["src/lib/x.py"]),
        (SourcePattern("src/**/*.py", parents=True), ["src/lib/x.py", "src/lib/y.py", "src/main.py"]),
        (SourcePattern("src/./lib", parents=True), ["src/lib/x.py", "src/lib/x.pyc", "src/lib/y.py"]),
        (SourcePattern("**/a.*", parents=True), ["a.txt", "docs/a.md"]),
    ],
    ids=str,
)
def test_selected(folder: Folder, source: SourcePattern | str, paths: list[str]) -> None:
    assert folder.paths(source) == paths


@pytest.mark.parametrize(
    ("rules", "source", "paths"),
    [
        ("src", ".", ["a.txt", "b.txt", "docs/a.md"]),
        ("src\n!src/lib/*.py", "src", ["src/lib/x.py", "src/lib/y.py"]),
        ("**/*.pyc\ndocs\n*.txt", ".", ["src/lib/x.py", "src/lib/y.py", "src/main.py"]),
        ("*", "a.txt", ["missing a.txt"]),
        ("src", "src/lib", ["missing src/lib"]),
        ("src", "src", ["missing src"]),
        ("*\n!b.txt", "*.txt", ["b.txt"]),
        ("src/*", "src", ["src"]),
        ("docs/**", ".", ["a.txt", "b.txt", "docs", "src/lib/x.py", "src/lib/x.pyc", "src/lib/y.py", "src/main.py"]),
    ],
)
def test_selected_after_the_ignore_file(folder: Folder, rules: str, source: str, paths: list[str]) -> None:
    assert folder.paths(source, rules=rules) == paths


def test_lines_name_mode_and_blob(folder: Folder) -> None:
    folder.write("run", "x").chmod(0o755)
    (folder.root / "link").symlink_to("a.txt")
    lines = folder.contexts().lines(".", ignore("src\ndocs\nb.txt"), ALL)
    assert lines == (
        Line("a.txt", "100644", blob(b"a.txt")),
        Line("link", "120000", blob(b"a.txt")),
        Line("run", "100755", blob(b"x")),
    )


def test_symlinks_in_a_source_are_followed_and_count(folder: Folder) -> None:
    (folder.root / "code").symlink_to("src/lib")
    (folder.root / "deep").symlink_to("/docs")
    (folder.root / "out").symlink_to("../../../../etc/passwd")
    (folder.root / "loop").symlink_to("loop")
    assert folder.paths("code/x.py") == ["code", "src/lib/x.py"]
    assert folder.paths("code/*.pyc") == ["code", "src/lib/x.pyc"]
    assert folder.paths("deep") == ["deep", "docs/a.md"]
    assert folder.paths("out") == ["out", "missing out"]
    assert folder.paths("loop") == ["loop", "missing loop"]
    assert folder.paths("c*") == ["code", "src/lib/x.py", "src/lib/x.pyc", "src/lib/y.py"]


def test_symlinks_below_a_source_are_only_links(folder: Folder, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_text("1")
    (folder.root / "docs/out").symlink_to(outside)
    assert folder.paths("docs") == ["docs/a.md", "docs/out"]
    before = folder.digest("docs")
    outside.write_text("2")
    assert folder.digest("docs") == before
    (folder.root / "docs/out").unlink()
    (folder.root / "docs/out").symlink_to("elsewhere")
    assert folder.digest("docs") != before


def test_contexts_below_the_root_have_paths_and_rules_of_their_own(folder: Folder) -> None:
    assert folder.paths(".", context="src", rules="lib/x.*") == ["lib/y.py", "main.py"]
    assert folder.paths("../a.txt", context="src") == ["missing a.txt"]
    moved = Folder(folder.root.parent / "moved")
    shutil.copytree(folder.root / "src", moved.root / "deep/er")
    assert moved.digest(".", context="deep/er") == folder.digest(".", context="src")


def test_a_context_that_is_not_there(folder: Folder) -> None:
    assert folder.paths("a", context="nope") == ["missing a"]
    assert folder.digest("a", context="nope") == folder.digest("a", context="nowhere")


def test_contexts_outside_are_refused_unless_allowed(folder: Folder) -> None:
    other = Folder(folder.root.parent / "other")
    other.write("x")
    with pytest.raises(InputError) as caught:
        folder.digest(".", context="../other")
    assert caught.value.diagnostics[0].code == "outside-project"
    (folder.root / "way").symlink_to("../other")
    with pytest.raises(InputError):
        folder.digest(".", context="way")
    allowed = Contexts(ProjectFiles(folder.root, ("../other",)))
    assert [line.path for line in allowed.lines("../other", IgnoreFile(), ALL)] == ["x"]
    assert allowed.digest("../other", IgnoreFile(), ALL) == other.digest(".")


# What the digest tells apart --------------------------------------------------------------------------------


def replace(path: Path) -> Path:
    path.unlink()
    return path


CHANGES: dict[str, Callable[[Path], object]] = {
    "bytes": lambda root: (root / "src/main.py").write_text("other"),
    "same size": lambda root: (root / "src/main.py").write_text("SRC/MAIN.PY"),
    "executable": lambda root: (root / "src/main.py").chmod(0o755),
    "new file": lambda root: (root / "src/new").touch(),
    "deleted": lambda root: (root / "src/main.py").unlink(),
    "renamed": lambda root: (root / "src/main.py").rename(root / "src/Main.py"),
    "moved up": lambda root: (root / "src/lib/y.py").rename(root / "src/y.py"),
    "swapped": lambda root: [
        (root / "src/lib/x.py").write_text("src/lib/y.py"),
        (root / "src/lib/y.py").write_text("src/lib/x.py"),
    ],
    "now a link": lambda root: replace(root / "src/main.py").symlink_to("src/main.py"),
    "now a folder": lambda root: replace(root / "src/main.py").mkdir(),
    "empty folder": lambda root: (root / "src/empty").mkdir(),
    "pipe": lambda root: os.mkfifo(root / "src/pipe"),
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("rules", ["", "docs\n**/*.pyc\n", "*\n!src"])
@pytest.mark.parametrize("git", [True, False], ids=["git", "no git"])
def test_any_change_of_what_is_read_changes_the_digest(folder: Folder, change: str, rules: str, git: bool) -> None:
    if git:
        Repository(folder.root).init().commit()
    before = folder.digest("src", rules=rules)
    assert folder.digest("src", rules=rules) == before
    others = folder.digest("docs", "*.txt")
    CHANGES[change](folder.root)
    assert folder.digest("src", rules=rules) != before
    assert folder.digest("docs", "*.txt") == others


def test_what_does_not_count(folder: Folder) -> None:
    before = folder.digest(".", rules="src/lib\n.git\n")
    folder.write("src/lib/x.py", "other")
    folder.write("src/lib/new")
    os.utime(folder.root / "a.txt", (1, 1))
    (folder.root / "b.txt").chmod(0o600)
    (folder.root / "docs").chmod(0o700)
    assert folder.digest(".", rules="src/lib\n.git\n") == before
    assert folder.digest(".", rules="# other words, the same meaning\n/src/lib/\n.git\nnot-there/**\n") == before
    repository = Repository(folder.root).init()
    assert folder.digest(".", rules="src/lib\n.git\n") == before
    repository.commit()
    assert folder.digest(".", rules="src/lib\n.git\n") == before


def test_files_unknown_to_git_count_like_others(folder: Folder) -> None:
    folder.write(".gitignore", "secret\nbuild\n")
    Repository(folder.root).init().commit()
    before = folder.digest(".", rules=".git")
    folder.write("secret", "1")
    ignored = folder.digest(".", rules=".git")
    folder.write("build/x", "1")
    assert len({before, ignored, folder.digest(".", rules=".git")}) == 3
    assert folder.digest(".", rules=".git\nbuild\nsecret\n") == before


# Git's blobs ------------------------------------------------------------------------------------------------


def test_unchanged_files_are_not_read(folder: Folder) -> None:
    repository = Repository(folder.root).init()
    repository.commit()
    folder.write("new")
    folder.write("a.txt", "changed")
    contexts = folder.contexts()
    contexts.digest(".", ignore(".git"), ALL)
    assert contexts.hashed == 2
    contexts.digest(".", ignore(".git\nsrc"), ALL)
    contexts.digest("src", IgnoreFile(), ALL)
    assert contexts.hashed == 2


CONVERSIONS = {
    "line ends": "* text=auto eol=crlf\n",
    "ident": "* ident\n",
    "filter": "*.txt filter=upper\n",
    "encoding": "u.txt text working-tree-encoding=UTF-16LE\n",
}


@pytest.mark.parametrize("conversion", CONVERSIONS)
def test_files_that_git_converts_count_as_they_are_on_disk(repository: Repository, conversion: str) -> None:
    """Two checkouts of one commit with other bytes on disk are two contexts; equal bytes are one."""
    repository.git("config", "filter.upper.clean", "tr A-Z a-z")
    repository.git("config", "filter.upper.smudge", "tr a-z A-Z")
    repository.write("a.txt", "one\ntwo\n")
    repository.write("id.c", "$Id$\n")
    repository.write("u.txt", "u\n".encode("utf-16-le") if conversion == "encoding" else "u\n")
    repository.write(".gitattributes", CONVERSIONS[conversion])
    repository.commit()
    for path in ("a.txt", "id.c", "u.txt"):
        (repository.root / path).unlink()
    repository.git("checkout", "-q", "--", ".")
    rules = ignore(".git")
    tracked = Contexts(ProjectFiles(repository.root))
    with_git = tracked.lines(".", rules, ALL)
    for line in with_git:
        assert line.oid == blob((repository.root / line.path).read_bytes()), line
    shutil.rmtree(repository.root / ".git")
    assert Contexts(ProjectFiles(repository.root)).lines(".", rules, ALL) == with_git


def test_a_converted_file_is_read_only_when_its_size_tells(repository: Repository) -> None:
    repository.write(".gitattributes", "* text=auto\n")
    repository.write("dos", "1\r\n")
    repository.write("unix", "1\n")
    repository.commit()
    contexts = Contexts(ProjectFiles(repository.root))
    oids = {line.path: line.oid for line in contexts.lines(".", ignore(".git"), ALL)}
    assert oids["dos"] == blob(b"1\r\n")
    assert oids["unix"] == blob(b"1\n")
    assert contexts.hashed == 1


def test_hidden_changes_are_seen(repository: Repository) -> None:
    repository.commit(a="1", b="1")
    repository.git("update-index", "--assume-unchanged", "a")
    repository.git("update-index", "--skip-worktree", "b")
    repository.write("a", "2")
    repository.write("b", "3")
    lines = Contexts(ProjectFiles(repository.root)).lines(".", ignore(".git"), ALL)
    assert [line.oid for line in lines] == [blob(b"2"), blob(b"3")]


def test_submodules_and_worktrees_count_by_their_files(repository: Repository, tmp_path: Path) -> None:
    inner = Repository(tmp_path / "inner").init()
    inner.commit(x="1")
    repository.commit(a="1")
    repository.git("submodule", "--quiet", "add", f"file://{inner.root}", "sub")
    repository.commit()
    repository.git("worktree", "add", "-q", str(tmp_path / "side"))
    rules = ignore("**/.git\n.gitmodules\n")
    main = Contexts(ProjectFiles(repository.root))
    assert [line.path for line in main.lines(".", rules, ALL)] == ["a", "sub/x"]
    before = main.digest(".", rules, ALL)
    repository.write("sub/x", "2")
    assert Contexts(ProjectFiles(repository.root)).digest(".", rules, ALL) != before
    side = Contexts(ProjectFiles(tmp_path / "side"))
    assert [line.path for line in side.lines(".", rules, ALL)] == ["a", "sub"]
    assert side.hashed == 0


def test_a_clone_has_the_same_digest(repository: Repository, tmp_path: Path) -> None:
    repository.write("run", "x").chmod(0o755)
    (repository.root / "link").symlink_to("a")
    repository.write("d/ö\n", "y")
    repository.commit(a="1")
    clone = Repository(tmp_path / "clone")
    clone.git("clone", "-q", str(repository.root), ".")
    rules = ignore(".git")
    digests = {Contexts(ProjectFiles(root)).digest(".", rules, ALL) for root in (repository.root, clone.root)}
    assert len(digests) == 1


# Odd things on disk -----------------------------------------------------------------------------------------


def test_pipes_sockets_and_bad_names_are_told_and_do_not_stop(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(folder.root / "pipe")
    (Path(os.fsdecode(os.fsencode(folder.root) + b"/\xff\n\x1b"))).write_text("x")
    monkeypatch.chdir(folder.root)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("socket")
        contexts = folder.contexts()
        lines = {line.path: line.mode for line in contexts.lines(".", ignore("src\ndocs\n*.txt"), ALL)}
        assert lines == {"pipe": "a named pipe", "socket": "a socket", "\udcff\n\x1b": "100644"}
        assert len(contexts.diagnostics) == 2
        assert contexts.digest(".", IgnoreFile(), ALL)


def test_unreadable_files_are_told(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.open

    def refuse(path: bytes | str, *rest: int, **named: int) -> int:
        if os.fsencode(path).endswith(b"/a.txt"):
            raise PermissionError(13, "Permission denied")
        return real(path, *rest, **named)

    monkeypatch.setattr(os, "open", refuse)
    contexts = folder.contexts()
    (line,) = contexts.lines(".", IgnoreFile(), selection("a.txt"))
    assert line.mode == "unreadable"
    (problem,) = contexts.diagnostics
    assert "permission denied" in problem.message


def test_nothing_is_read_that_is_left_out(folder: Folder) -> None:
    os.mkfifo(folder.root / "src/pipe")
    contexts = folder.contexts()
    contexts.digest(".", ignore("src"), ALL)
    assert contexts.diagnostics == ()
    assert contexts.hashed == 3


def test_a_context_that_carries_git_is_warned_of(folder: Folder) -> None:
    Repository(folder.root).init().commit()
    contexts = folder.contexts()
    contexts.digest(".", ignore("**/.git"), ALL)
    contexts.digest(".", IgnoreFile(), selection("src"))
    assert not contexts.diagnostics
    contexts = folder.contexts()
    contexts.digest(".", ignore("docs"), ALL)
    (problem,) = contexts.diagnostics
    assert problem.help == "leave it out of the context: write `.git` into the ignore file"


def test_names_with_newlines_are_matched(folder: Folder) -> None:
    """`.` of Go's expressions stops at a newline, so a `**` that became one does not pass it; a plain ending does."""
    folder.write("src/new\nline/x.pyc")
    rest = ["src/lib/x.py", "src/lib/y.py", "src/main.py"]
    assert folder.paths("src", rules="**/x.pyc") == [*rest, "src/new\nline"]
    assert folder.paths("src", rules="**/*.pyc") == [*rest, "src/new\nline/x.pyc"]


# One reader for many questions, against a reader for each ---------------------------------------------------

NAMES = ("a", "b", "lib", "x.py", "x.pyc", "README.md", "go.v1.mod", "go.v2.mod")
LINES = (
    "a", "lib", "*", "**", "**/*.pyc", "**/lib", "*.md", "go.v*.mod", "!go.v1.mod", "!**/x.py", "lib/*", "!lib/a",
    "!a/lib", "a/**/b", "!**/lib/x.pyc", "b/lib", "[ab]", "!a", "*/a", "!*/*/x.py", "?", "!b/**",
)  # fmt: skip


def naive(root: Path, rules: IgnoreFile) -> dict[str, str]:
    """What is sent, found path by path: files with their bytes, and directories that hold nothing else."""
    found: dict[str, str] = {}
    for path in sorted(root.rglob("*")):
        relative = path.relative_to(root).as_posix()
        if path.is_file() and not rules.excludes(relative):
            found[relative] = path.read_text()
        elif path.is_dir() and not rules.excludes(relative):
            found[relative] = "directory"
    return {name: what for name, what in found.items() if not any(other.startswith(name + "/") for other in found)}


def test_shared_digests_are_those_of_the_files(tmp_path: Path) -> None:
    chance = random.Random(7)
    for round_ in range(6):
        root = tmp_path / str(round_)
        for _ in range(25):
            path = root.joinpath(*chance.choices(NAMES, k=chance.choice((1, 2, 3, 4))))
            if not any(parent.is_file() for parent in path.parents) and not path.exists():
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(chance.choice("12"))
        shared = Contexts(ProjectFiles(root))
        seen: dict[str, dict[str, str]] = {}
        for _ in range(60):
            rules = ignore("\n".join(chance.choices(LINES, k=chance.randint(0, 4))))
            expected = naive(root, rules)
            digest = shared.digest(".", rules, ALL)
            assert digest == Contexts(ProjectFiles(root)).digest(".", rules, ALL)
            lines = shared.lines(".", rules, ALL)
            assert {line.path for line in lines if line.path != "."} == expected.keys()
            assert seen.setdefault(digest, expected) == expected
        assert len(seen) == len({tuple(sorted(files.items())) for files in seen.values()})
