"""Facts from real repositories, whole and broken, and the blobs that may stand for files."""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path

import pytest

from bakegen.workspace.git import Git, GitProblem, git_facts, tracked_files, without_user
from tests.unit.workspace.repositories import Repository, no_configuration, repository

__all__ = ["no_configuration", "repository"]


def blob(content: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


# Facts ------------------------------------------------------------------------------------------------------


def test_a_branch_with_a_commit(repository: Repository) -> None:
    revision = repository.commit(a="1")
    repository.git("checkout", "-q", "-b", "feature/x${y}-é")
    facts = git_facts(repository.root)
    assert facts.branch == "feature/x${y}-é"
    assert facts.revision == revision
    assert facts.root == str(repository.root.resolve())
    assert facts.shallow is False
    assert not facts.worktree
    assert facts.dirty is None
    assert facts.default_branch is None
    assert "origin/HEAD" in facts.reasons[0]


def test_a_subfolder_sees_the_same(repository: Repository) -> None:
    repository.commit(a="1")
    repository.write("sub/b")
    facts = git_facts(repository.root / "sub")
    assert facts.root == str(repository.root.resolve())
    assert not facts.worktree


def test_dirty_is_asked_for(repository: Repository) -> None:
    repository.commit(a="1")
    assert git_facts(repository.root, status=True).dirty is False
    repository.write("b")
    assert git_facts(repository.root, status=True).dirty is True


def test_a_detached_head(repository: Repository) -> None:
    revision = repository.commit(a="1")
    repository.git("checkout", "-q", revision)
    facts = git_facts(repository.root)
    assert (facts.branch, facts.revision) == (None, revision)
    assert "HEAD is detached" in facts.reasons[0]


def test_no_commit_yet(repository: Repository) -> None:
    facts = git_facts(repository.root)
    assert (facts.branch, facts.revision) == ("main", None)
    assert "no commit yet" in facts.reasons[0]


def test_no_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    facts = git_facts(tmp_path)
    assert facts == type(facts)(reasons=("this is not a git repository",))


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    assert git_facts(tmp_path / "x").reasons == (f"{tmp_path / 'x'} is not a folder",)


def test_a_bare_repository(tmp_path: Path) -> None:
    bare = Repository(tmp_path / "bare").init("--bare")
    facts = git_facts(bare.root)
    assert facts.root is None
    assert facts.branch == "main"
    assert "bare" in facts.reasons[0]


def test_a_clone_knows_its_default_branch_and_hides_users(repository: Repository, tmp_path: Path) -> None:
    repository.commit(a="1")
    repository.commit(a="2")
    clone = Repository(tmp_path / "clone")
    clone.git("clone", "-q", "--depth=1", f"file://{repository.root}", ".")
    clone.git("remote", "add", "up", "https://me:secret@example.com/x.git")
    facts = git_facts(clone.root)
    assert facts.default_branch == "main"
    assert facts.shallow is True
    assert facts.remotes["up"] == "https://example.com/x.git"
    assert "secret" not in repr(facts)


def test_a_linked_work_tree(repository: Repository, tmp_path: Path) -> None:
    repository.commit(a="1")
    repository.git("worktree", "add", "-q", "-b", "side", str(tmp_path / "side"))
    facts = git_facts(tmp_path / "side")
    assert facts.worktree
    assert facts.branch == "side"
    assert tracked_files(tmp_path / "side").blobs.keys() == {"a"}


def test_a_repository_of_somebody_else(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    repository.commit(a="1")
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    (reason,) = git_facts(repository.root).reasons
    assert "safe.directory" in reason
    assert tracked_files(repository.root).reason == reason


def test_no_git_at_all(repository: Repository, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    repository.commit(a="1")
    monkeypatch.setenv("PATH", str(tmp_path))
    (reason,) = git_facts(repository.root).reasons
    assert reason == "git is not installed, or not on PATH"
    assert tracked_files(repository.root).blobs == {}


def test_no_git_before_gitpython_is_imported(tmp_path: Path) -> None:
    """GitPython itself refuses to be imported then."""
    import subprocess

    program = (
        "from pathlib import Path; from bakegen.workspace.git import git_facts; print(git_facts(Path('.')).reasons)"
    )
    run = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PATH": str(tmp_path)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert "git is not installed" in run.stdout, run.stderr
    assert run.stderr == ""


def test_a_broken_repository(repository: Repository) -> None:
    repository.commit(a="1")
    (repository.root / ".git" / "HEAD").write_text("nonsense\n")
    facts = git_facts(repository.root)
    assert facts.branch is None
    assert facts.reasons


def test_variables_of_a_hook_do_not_lead_elsewhere(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository.commit(a="1")
    other = Repository(tmp_path / "other").init()
    monkeypatch.setenv("GIT_DIR", str(other.root / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", "/nowhere/index")
    assert git_facts(repository.root).revision is not None
    assert tracked_files(repository.root).blobs.keys() == {"a"}
    assert os.environ["GIT_INDEX_FILE"] == "/nowhere/index"


def test_git_problems_carry_no_passwords(repository: Repository) -> None:
    with pytest.raises(GitProblem) as caught:
        Git(repository.root).run("fetch", "https://me:secret@127.0.0.1:1/x")
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://u:p@h/x", "https://h/x"),
        ("https://u@h:8/x@y", "https://h:8/x@y"),
        ("https://u:p@q@h/x", "https://h/x"),
        ("git@github.com:a/b.git", "github.com:a/b.git"),
        ("ssh://git@h/x", "ssh://h/x"),
        ("https://h/x@y", "https://h/x@y"),
        ("/srv/a@b", "/srv/a@b"),
        ("no url", "no url"),
    ],
)
def test_users_are_cut_out_of_urls(url: str, shown: str) -> None:
    assert without_user(url) == shown


# Blobs ------------------------------------------------------------------------------------------------------


def test_unchanged_files_have_their_blobs(repository: Repository) -> None:
    repository.write("run.sh", "x").chmod(0o755)
    (repository.root / "link").symlink_to("a")
    repository.write("sub/ö ü\n\t\"'", "odd name")
    repository.commit(a="1")
    listing = tracked_files(repository.root)
    shown = {path: (item.mode, item.oid) for path, item in listing.blobs.items()}
    assert shown == {
        "a": ("100644", blob(b"1")),
        "run.sh": ("100755", blob(b"x")),
        "link": ("120000", blob(b"a")),
        "sub/ö ü\n\t\"'": ("100644", blob(b"odd name")),
    }
    assert listing.algorithm == "sha1"
    assert listing.reason is None


def test_names_that_are_not_utf8(repository: Repository) -> None:
    Path(os.fsdecode(os.fsencode(repository.root) + b"/\xff")).write_text("x")
    repository.commit()
    assert tracked_files(repository.root).blobs["\udcff"].oid == blob(b"x")


def test_paths_are_relative_to_the_folder_asked(repository: Repository) -> None:
    repository.write("sub/b", "2")
    repository.write("sub/c", "3")
    repository.commit(a="1")
    repository.write("sub/c", "changed")
    assert tracked_files(repository.root / "sub").blobs.keys() == {"b"}


def test_files_that_are_not_surely_their_blob_are_left_out(repository: Repository) -> None:
    names = ["content", "size", "mode", "deleted", "assumed", "skipped", "kind", "staged", "same"]
    repository.commit(**dict.fromkeys(names, "1"))
    repository.write("untracked", "1")
    repository.git("update-index", "--assume-unchanged", "assumed")
    repository.git("update-index", "--skip-worktree", "skipped")
    for name in ("content", "assumed", "skipped"):
        repository.write(name, "2")
    repository.write("size", "22")
    (repository.root / "mode").chmod(0o755)
    (repository.root / "deleted").unlink()
    (repository.root / "kind").unlink()
    (repository.root / "kind").symlink_to("x")
    repository.write("staged", "3")
    repository.git("add", "staged")
    blobs = tracked_files(repository.root).blobs
    assert blobs.keys() == {"same", "staged"}
    assert blobs["staged"].oid == blob(b"3")


def test_a_change_of_the_same_size_within_the_clock_tick_is_seen(repository: Repository) -> None:
    for n in range(5):
        repository.write("a", str(n))
        repository.git("add", "a")
        stamp = (repository.root / "a").stat()
        repository.write("a", str(n + 1))
        os.utime(repository.root / "a", ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
        known = tracked_files(repository.root).blobs.get("a")
        assert known is None or known.oid == blob(str(n + 1).encode())


def test_conflicts_are_left_out(repository: Repository) -> None:
    repository.commit(a="1", b="1")
    repository.git("checkout", "-q", "-b", "side")
    repository.commit(a="2")
    repository.git("checkout", "-q", "main")
    repository.commit(a="3")
    with pytest.raises(AssertionError):
        repository.git("merge", "-q", "side")
    assert tracked_files(repository.root).blobs.keys() == {"b"}


@pytest.mark.parametrize(
    "attribute", ["filter=x", "ident", "working-tree-encoding=UTF-16", "filter=lfs diff=lfs -text"]
)
def test_filtered_files_are_left_out(repository: Repository, attribute: str) -> None:
    repository.write(".gitattributes", f"*.bin {attribute}\n")
    repository.write("a.bin", "x".encode("utf-16"))
    repository.commit(b="1")
    assert tracked_files(repository.root).blobs.keys() == {".gitattributes", "b"}


@pytest.mark.parametrize("source", ["attributes", "autocrlf", "info", "global"])
def test_files_with_other_line_ends_are_known_only_by_their_size(
    repository: Repository, source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rule = "* text=auto eol=crlf\n*.raw -text\n"
    if source == "attributes":
        repository.write(".gitattributes", rule)
    elif source == "autocrlf":
        repository.git("config", "core.autocrlf", "true")
        repository.write(".gitattributes", "*.raw -text\n")
    elif source == "info":
        repository.write(".git/info/attributes", rule)
    else:
        (tmp_path / "attributes").write_text(rule)
        (tmp_path / "config").write_text(f"[core]\n\tattributesFile = {tmp_path / 'attributes'}\n")
        monkeypatch.setitem(os.environ, "GIT_CONFIG_GLOBAL", str(tmp_path / "config"))
        monkeypatch.setattr("tests.unit.workspace.repositories.ENVIRONMENT", {**os.environ})
    repository.write("dos", "1\r\n")
    repository.write("raw.raw", "1\r\n")
    repository.write("plain", "1")
    repository.commit()
    blobs = tracked_files(repository.root).blobs
    assert blobs["dos"].oid == blob(b"1\n")
    assert blobs["dos"].size == 2, "the file on disk has 3 bytes: it is not the blob"
    assert blobs["plain"].size == 1
    assert blobs["raw.raw"].size is None
    assert blobs["raw.raw"].oid == blob(b"1\r\n")


def test_sha256_repositories(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "r").init("--object-format=sha256")
    repository.commit(a="1")
    listing = tracked_files(repository.root)
    assert listing.algorithm == "sha256"
    assert listing.blobs["a"].oid == hashlib.sha256(b"blob 1\x001").hexdigest()


def test_an_index_that_does_not_exist(repository: Repository) -> None:
    assert tracked_files(repository.root).blobs == {}
    assert tracked_files(repository.root).reason is None


def test_git_is_not_left_with_a_lock_or_another_index(repository: Repository) -> None:
    repository.commit(a="1")
    os.utime(repository.root / "a", (1, 1))
    index = (repository.root / ".git/index").read_bytes()
    tracked_files(repository.root)
    git_facts(repository.root, status=True)
    assert (repository.root / ".git/index").read_bytes() == index
    assert not list((repository.root / ".git").glob("*.lock"))
