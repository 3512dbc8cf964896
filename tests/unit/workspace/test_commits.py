"""A project as it was at earlier commits: the same keys as a clone of that commit has, and nothing left behind."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from bakegen.plan.content import content_keys
from bakegen.workspace.commits import Past, ancestor_commits, fallback_commits
from bakegen.workspace.context import Contexts
from bakegen.workspace.project import open_workspace
from tests.unit.workspace.repositories import Repository, no_configuration, repository

if TYPE_CHECKING:
    from pathlib import Path

    from bakegen.workspace.project import Workspace

__all__ = ["no_configuration", "repository"]

DOCKERFILE = "FROM debian:12\nARG VERSION\nCOPY . /app\n"


def project(repository: Repository, folder: str = "") -> str:
    lead = f"{folder}/" if folder else ""
    repository.write(f"{lead}bakegen.yaml", "registry: registry.example.com/team\n")
    for name in ("app", "tool"):
        repository.write(f"{lead}images/{name}/image.yaml", "args: {VERSION: '1'}\n")
        repository.write(f"{lead}images/{name}/Dockerfile", DOCKERFILE)
        repository.write(f"{lead}images/{name}/src/main.txt", f"{name}\n")
    return repository.commit()


def opened(folder: Path) -> Workspace:
    return open_workspace(folder, {})


def keys_of(folder: Path) -> dict[str, str | None]:
    workspace = opened(folder)
    return {name: one.key for name, one in content_keys(workspace.plan, Contexts(workspace.files)).items()}


def cloned(repository: Repository, commit: str, to: Path) -> Path:
    """What a CI has of a commit."""
    repository.git("clone", "-q", "--no-checkout", str(repository.root), str(to))
    subprocess.run(["git", "checkout", "-q", commit], cwd=to, check=True, timeout=60)
    return to


def everything(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.mark.parametrize("folder", ["", "deep/project"])
def test_keys_are_those_of_a_clone(repository: Repository, tmp_path: Path, folder: str) -> None:
    commits = [project(repository, folder)]
    lead = f"{folder}/" if folder else ""
    app = f"{lead}images/app"
    repository.write(f"{app}/src/main.txt", "changed\n")
    repository.write(f"{app}/src/more/deep.txt", "more\n")
    commits.append(repository.commit())
    repository.git("rm", "-q", "-r", f"{app}/src/more")
    repository.write("outside.txt", "nobody reads it\n")
    commits.append(repository.commit())
    commits.append(repository.commit(**{"outside.txt": "still nobody"}))
    repository.git("rm", "-q", "-r", f"{app}/src")
    repository.write(f"{app}/src", "a file in the place of a folder\n")
    (repository.root / app / "run.sh").write_text("#!/bin/sh\n")
    (repository.root / app / "run.sh").chmod(0o755)
    (repository.root / app / "link").symlink_to("run.sh")
    commits.append(repository.commit())
    repository.git("rm", "-q", f"{app}/src", f"{app}/link")
    repository.write(f"{app}/src/main.txt", "a folder again\n")
    repository.write(f"{app}/link/file", "a folder in the place of a link\n")
    commits.append(repository.commit())
    repository.write(f"{app}/Dockerfile", "FROM debian:12\nCOPY src /\n")
    repository.write(f"{app}/src/main.txt", "not committed\n")

    expected = {
        commit: keys_of(cloned(repository, commit, tmp_path / f"clone-{number}") / folder)
        for number, commit in enumerate(commits)
    }
    before = everything(repository.root)
    with Past(opened(repository.root / folder), ["app", "tool"]) as past:
        # In any order: what was shown before must not matter.
        for commit in (*reversed(commits), *commits[::2], *commits[1::2]):
            found = past.at(commit)
            assert found.problem == ""
            assert {name: one.key for name, one in found.keys.items()} == expected[commit]
        first = {line.path: line.oid for line in past.lines(commits[0], "app")}
        later = {line.path: line.oid for line in past.lines(commits[1], "app")}
        again = {line.path: line.oid for line in past.lines(commits[0], "app")}
    assert first == again
    assert set(later) - set(first) == {"src/more/deep.txt"}
    assert first["src/main.txt"] != later["src/main.txt"]
    assert everything(repository.root) == before


def test_line_ends_and_filters_are_those_of_a_checkout(repository: Repository, tmp_path: Path) -> None:
    project(repository)
    repository.write(".gitattributes", "*.txt text eol=crlf\n*.up filter=up\n")
    repository.write("images/app/src/loud.up", "quiet\n")
    repository.git("config", "filter.up.smudge", "tr a-z A-Z")
    repository.git("config", "filter.up.clean", "tr A-Z a-z")
    first = repository.commit()
    second = repository.commit(**{".gitattributes": ""})
    with Past(opened(repository.root), ["app"]) as past:
        found = {commit: past.at(commit).keys["app"].key for commit in (second, first, second)}
    for number, commit in enumerate((first, second)):
        clone = tmp_path / str(number)
        repository.git("clone", "-q", "--no-checkout", str(repository.root), str(clone))
        for name, value in (("smudge", "tr a-z A-Z"), ("clean", "tr A-Z a-z")):
            subprocess.run(["git", "config", f"filter.up.{name}", value], cwd=clone, check=True, timeout=60)
        subprocess.run(["git", "checkout", "-q", commit], cwd=clone, check=True, timeout=60)
        assert keys_of(clone)["app"] == found[commit]
    assert found[first] != found[second]


def test_a_linked_work_tree_and_a_folder_beside_the_project(repository: Repository, tmp_path: Path) -> None:
    repository.write("shared/one.txt", "1")
    repository.write("beside/two.txt", "1")
    project(repository, "deep")
    repository.write("deep/images/app/image.yaml", "contexts: {shared: ../../../shared}\n")
    repository.write("deep/images/app/Dockerfile", "FROM debian:12\nCOPY --from=shared / /shared\n")
    first = repository.commit()
    second = repository.commit(**{"shared/one.txt": "2", "beside/two.txt": "2"})
    linked = tmp_path / "linked"
    repository.git("worktree", "add", "-q", str(linked))
    before = everything(repository.root)
    workspace = open_workspace(linked / "deep", {}, (), ["../shared"])
    with Past(workspace, ["app"]) as past:
        found = {commit: past.at(commit).keys["app"].key for commit in (second, first)}
        assert {line.oid for line in past.lines(first, "app", "shared")} != {
            line.oid for line in past.lines(second, "app", "shared")
        }
    assert everything(repository.root) == before
    for commit in (first, second):
        clone = cloned(repository, commit, tmp_path / commit) / "deep"
        there = open_workspace(clone, {}, (), ["../shared"])
        assert content_keys(there.plan, Contexts(there.files))["app"].key == found[commit]
    assert found[first] != found[second]


def test_what_is_rewritten_by_its_history_is_what_it_was(repository: Repository, tmp_path: Path) -> None:
    project(repository)
    repository.write("bakegen.yaml", "registry: registry.example.com/team\ndefaults: {rewrite: assumed}\n")
    repository.write(
        "images/app/Dockerfile",
        "FROM debian:12\nARG VERSION\nWORKDIR /app\nCOPY . .\nRUN pip install -r requirements.txt\nRUN echo $VERSION\n",
    )
    commits = [repository.commit(**{"images/app/requirements.txt": "a==1\n"})]
    for number in range(3):
        commits.append(repository.commit(**{"images/app/src/main.txt": f"{number}"}))
    with Past(opened(repository.root), ["app"]) as past:
        for number, commit in enumerate((commits[0], commits[-1], commits[1])):
            found = past.at(commit)
            assert found.plan is not None and found.plan.targets["app"].recipe.rewrites
            assert found.keys["app"].key == keys_of(cloned(repository, commit, tmp_path / str(number)))["app"]


def test_no_hook_runs_and_the_folder_is_gone(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = project(repository)
    for name in ("post-checkout", "post-index-change"):
        hook = repository.write(f".git/hooks/{name}", f"#!/bin/sh\ntouch '{tmp_path}/ran'\n")
        hook.chmod(0o755)
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    with Past(opened(repository.root), ["app"]) as past:
        assert past.at(commit).problem == ""
        assert list(temporary.iterdir())
    assert not list(temporary.iterdir())
    assert not (tmp_path / "ran").exists()


def test_what_cannot_be_read_says_why(repository: Repository) -> None:
    empty = repository.commit(readme="nothing yet")
    good = project(repository)
    broken = repository.commit(**{"images/app/image.yaml": "argz: {}\n"})
    repository.write("images/app/image.yaml", "args: {VERSION: '1'}\n")
    repository.commit()
    with Past(opened(repository.root), ["app", "new"]) as past:
        assert past.at(empty).problem == "there is no project"
        assert past.at(broken).problem.startswith("its definitions cannot be read: ")
        assert "/tmp" not in past.at(broken).problem
        assert "\n" not in past.at(broken).problem
        assert "f" * 40 in past.at("f" * 40).problem
        assert past.at(good).problem == ""
        assert "new" not in past.at(good).keys
        assert past.lines(broken, "app") == ()


def test_files_of_a_submodule_are_not_known(repository: Repository, tmp_path: Path) -> None:
    other = Repository(tmp_path / "other").init()
    other.commit(file="x")
    project(repository)
    repository.git("submodule", "add", "-q", str(other.root), "images/app/vendor")
    commit = repository.commit()
    with Past(opened(repository.root), ["app", "tool"]) as past:
        found = past.at(commit).keys
    assert (found["app"].key, found["app"].unknown) == (None, "it reads files of the submodule images/app/vendor")
    assert found["tool"].key == keys_of(repository.root)["tool"]


def test_commits_of_the_fallback_branch(repository: Repository) -> None:
    first, second, third = project(repository), repository.commit(a="1"), repository.commit(a="2")
    # On the branch itself: what is below the commit that is built.
    found = fallback_commits(repository.root, "main", 8)
    assert (found.commits, found.branch, found.problem) == ((second, first), "main", "")
    # Files that differ: the commit that is checked out is another one.
    repository.write("new.txt", "x")
    assert fallback_commits(repository.root, "main", 2).commits == (third, second)
    repository.git("checkout", "-q", "-b", "topic")
    own = repository.commit(b="1")
    assert fallback_commits(repository.root, "main", 8).commits == (third, second, first)
    assert ancestor_commits(repository.root, 2).commits == (third, second)
    # Merges: the first parent's line.
    repository.git("checkout", "-q", "main")
    repository.git("merge", "-q", "--no-ff", "-m", "merge", "topic")
    assert fallback_commits(repository.root, "main", 8).commits == (third, second, first)
    assert own not in ancestor_commits(repository.root, 8).commits


def test_where_nothing_names_the_branch_it_is_what_is_below(repository: Repository) -> None:
    first = project(repository)
    repository.commit(a="1")
    found = fallback_commits(repository.root, "trunk", 8)
    assert (found.commits, found.branch) == ((first,), "")
    assert found.problem == "nothing in this clone names the branch trunk"


def test_histories_that_are_not_there(repository: Repository, tmp_path: Path) -> None:
    plain = tmp_path / "plain"
    plain.mkdir()
    for lines in (fallback_commits(plain, "main", 8), ancestor_commits(plain, 8)):
        assert (lines.commits, lines.problem) == ((), "this is not a git repository")
    assert ancestor_commits(repository.root, 8).problem == "there is no commit yet"
    project(repository)
    repository.commit(a="1")
    shallow = tmp_path / "shallow"
    repository.git("clone", "-q", "--depth", "1", f"file://{repository.root}", str(shallow))
    for lines in (fallback_commits(shallow, "main", 8), ancestor_commits(shallow, 8)):
        assert lines.commits == ()
        assert lines.problem.startswith("this is a shallow clone: fetch more of its history")
    repository.git("checkout", "-q", "--orphan", "other")
    repository.commit(b="1")
    assert fallback_commits(repository.root, "main", 8).problem == "HEAD has no commit in common with main"


def test_without_git_there_is_a_reason(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    commit = project(repository)
    workspace = opened(repository.root)
    monkeypatch.setenv("GIT_PYTHON_GIT_EXECUTABLE", "/nowhere/git")
    monkeypatch.setenv("PATH", "/nowhere")
    with Past(workspace, ["app"]) as past:
        assert "git" in past.at(commit).problem
    assert "git" in ancestor_commits(repository.root, 8).problem
