"""Contexts and histories as they lie on disk."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bakegen.dockerfile.ignore import IgnoreFile
from bakegen.facts.context import ListedContext, MemoryFolder
from bakegen.facts.model import Kind
from bakegen.text import Source
from bakegen.workspace.disk import DiskFolder
from bakegen.workspace.evidence import gather, history

if TYPE_CHECKING:
    from pathlib import Path

NOTHING = IgnoreFile()


def git(folder: Path, *arguments: str) -> None:
    identity = ["-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


def commit(folder: Path, **files: str) -> None:
    for name, text in files.items():
        path = folder / name.replace("__", "/").replace("_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "x")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    git(tmp_path, "init", "-q")
    commit(tmp_path, app__a_txt="1", app__src__b_txt="1", other_txt="1")
    commit(tmp_path, app__a_txt="2")
    commit(tmp_path, app__a_txt="3", app__src__c_txt="1")
    commit(tmp_path, other_txt="2")
    return tmp_path


def test_history_counts_commits(repository: Path) -> None:
    found = history(repository / "app", NOTHING)
    assert found is not None
    assert found.changes("") == found.changes(".") == found.changes("/") == 3
    assert found.changes("a.txt") == found.changes("./a.txt") == 3
    assert found.changes("src") == 2
    assert found.changes("none") == 0
    assert found.changes("", ("a.txt",)) == 2


def test_what_the_ignore_file_leaves_out_does_not_count(repository: Path) -> None:
    found = history(repository / "app", IgnoreFile.of(["a.txt"]))
    assert found is not None and found.changes("") == 2 and found.changes("a.txt") == 0


def test_no_history_without_git_or_where_it_is_cut(tmp_path: Path, repository: Path) -> None:
    outside = tmp_path.parent / f"{tmp_path.name}-outside"
    outside.mkdir()
    assert history(outside, NOTHING) is None
    git(outside, "clone", "-q", "--depth=1", f"file://{repository}", "shallow")
    assert history(outside / "shallow", NOTHING) is None


def test_a_context_on_disk(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir(mode=0o755)
    (tmp_path / "src/a.py").write_text("x")
    (tmp_path / "src/a.py").chmod(0o755)
    (tmp_path / "link").symlink_to("src")
    (tmp_path / ".env").write_bytes(b"\xff")
    found = gather(tmp_path, IgnoreFile.of([".git"]), {}).context
    assert found is not None
    assert found.children("") == (".env", "link", "src")
    assert (found.kind("src"), found.kind("link"), found.kind("src/a.py")) == (
        Kind.DIRECTORY, Kind.SYMLINK, Kind.FILE,
    )  # fmt: skip
    assert found.mode("src/a.py") == 0o755 and found.mode("none") is None
    text = found.read(".env")
    assert text is not None and text.to_bytes() == b"\xff"
    assert found.read("link/a.py") is None and found.kind("link/a.py") is None
    assert found.read("src") is None and found.children("src/a.py") is None
    assert found.kind("../x") is None


def test_exceptions_bring_directories_back() -> None:
    folder = MemoryFolder({"a/keep/x": "1", "a/drop/y": "2", "b": "3", "c/z": "4"})
    found = ListedContext(folder, IgnoreFile.of(["*", "!a/keep", "!b"]))
    assert found.children("") == ("a", "b")
    assert found.children("a") == ("keep",)
    assert found.kind("c") is None and found.kind("a/drop/y") is None
    assert found.read("a/keep/x") is not None


@pytest.mark.parametrize(
    ("pattern", "paths"),
    [
        ("*.txt", ["a.txt", "b.txt"]),
        ("src/*/x.py", ["src/one/x.py"]),
        ("./src/one", ["src/one"]),
        ("s*", ["src"]),
        ("none", []),
        ("n*e", []),
        ("[ab].txt", ["a.txt", "b.txt"]),
        ("[", []),
        ("", [""]),
        ("/a.txt", ["a.txt"]),
    ],
)
def test_sources_with_wildcards(pattern: str, paths: list[str]) -> None:
    found = ListedContext(MemoryFolder(dict.fromkeys(["a.txt", "b.txt", "src/one/x.py", "src/two/y.py"], "")), NOTHING)
    assert list(found.matches(pattern)) == paths


@given(
    st.sets(st.sampled_from(["a", "b/c", "b/d", "e/f/g", "e/f/h", ".x"]), min_size=1),
    st.lists(st.sampled_from(["a", "b", "!b/c", "**/g", "e/*", "!e/f/h", "*", "!.x"]), max_size=4),
)
def test_a_listing_holds_what_the_ignore_file_leaves(files: set[str], patterns: list[str]) -> None:
    rules = IgnoreFile.of(patterns)
    found = ListedContext(MemoryFolder(dict.fromkeys(files, "")), rules)
    assert {path for path in files if found.kind(path) is not None} == {
        path for path in files if not rules.excludes(path)
    }


def test_large_and_odd_files_have_no_text(tmp_path: Path) -> None:
    (tmp_path / "big").write_bytes(b"x" * ((4 << 20) + 1))
    folder = DiskFolder(tmp_path)
    assert folder.read("big") is None and folder.read("none") is None and folder.scan("none") == {}
    assert ListedContext(folder, IgnoreFile.parse(Source("", ""))).kind("big") is Kind.FILE
