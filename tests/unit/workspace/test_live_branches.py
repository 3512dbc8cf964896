"""Which branches are there: lists that are believed, and lists that are refused."""

from __future__ import annotations

import io
import sys
from typing import TYPE_CHECKING

import pytest

from bakegen.errors import EngineError, InputError
from bakegen.workspace.live_branches import read_branches, read_pull_requests
from tests.unit.workspace.repositories import Repository

if TYPE_CHECKING:
    from pathlib import Path

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.mark.parametrize(
    ("text", "names", "commits"),
    [
        ("master\nfeature/one\n", {"master", "feature/one"}, {}),
        ("refs/heads/master\n\nrefs/tags/v1\n", {"master"}, {}),
        (f"{COMMIT}\trefs/heads/master\n{COMMIT}\trefs/tags/v1\n", {"master"}, {"master": COMMIT}),
        ("\r\n  master  \r\ntopic\r\n", {"master", "topic"}, {}),
    ],
)
def test_a_list(tmp_path: Path, text: str, names: set[str], commits: dict[str, str]) -> None:
    path = tmp_path / "branches"
    path.write_text(text)
    found = read_branches(tmp_path, "master", file=path)
    assert set(found.names) == names
    assert dict(found.commits) == commits


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "the list of branches is empty"),
        ("topic\n", "does not have the default branch master"),
        ("<html><body>502 Bad Gateway\nmaster\n", "is no branch"),
        ('[{"name": "master"}]\n', "is no branch"),
    ],
)
def test_a_list_that_is_not_believed(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "branches"
    path.write_text(text)
    with pytest.raises(InputError, match=words):
        read_branches(tmp_path, "master", file=path)


def test_a_list_that_is_not_there_and_one_on_standard_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match="no such file"):
        read_branches(tmp_path, "master", file=tmp_path / "missing")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"master\n")))
    assert read_branches(tmp_path, "master", file=type(tmp_path)("-")).names == {"master"}


def test_the_remote_is_asked_and_not_what_was_fetched(tmp_path: Path) -> None:
    upstream = Repository(tmp_path / "upstream").init()
    commit = upstream.commit(a="1")
    upstream.git("branch", "topic")
    clone = Repository(tmp_path / "clone")
    clone.git("clone", "-q", "../upstream", ".")
    upstream.git("branch", "-D", "topic")
    upstream.git("branch", "next")
    found = read_branches(clone.root, "main")
    assert dict(found.commits) == {"main": commit, "next": commit}
    with pytest.raises(InputError, match="there is no remote other"):
        read_branches(clone.root, "main", remote="other")
    clone.git("remote", "set-url", "origin", "../gone")
    with pytest.raises(EngineError, match="which branches there are is not known"):
        read_branches(clone.root, "main")


def test_a_repository_without_a_remote_tells_itself_unless_it_is_cut_off(tmp_path: Path) -> None:
    here = Repository(tmp_path / "here").init()
    here.commit(a="1")
    here.commit(a="2")
    here.git("branch", "topic")
    assert read_branches(here.root, "main").names == {"main", "topic"}
    cut = Repository(tmp_path / "cut")
    cut.git("clone", "-q", "--depth", "1", f"file://{here.root}", ".")
    cut.git("remote", "remove", "origin")
    with pytest.raises(InputError, match="cut off"):
        read_branches(cut.root, "main")
    with pytest.raises(EngineError, match="not a git repository"):
        read_branches(tmp_path, "main")


@pytest.mark.parametrize(("text", "numbers"), [("12\n#7\n", {"12", "7"}), ("none\n", set())])
def test_pull_requests(tmp_path: Path, text: str, numbers: set[str]) -> None:
    path = tmp_path / "pulls"
    path.write_text(text)
    assert read_pull_requests(path) == numbers


@pytest.mark.parametrize(("text", "words"), [("", "is empty"), ("{}\n", "no list"), ("none 3\n", "no list")])
def test_pull_requests_that_are_not_believed(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "pulls"
    path.write_text(text)
    with pytest.raises(InputError, match=words):
        read_pull_requests(path)
