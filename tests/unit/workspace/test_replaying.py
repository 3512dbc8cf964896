"""Replaying histories: held against `explain` commit by commit, pull requests, repositories without definitions."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from bakegen.cli.main import run
from bakegen.explaining.model import Verdict
from bakegen.explaining.replay.model import Text
from bakegen.explaining.replay.policies import Policy, replay
from bakegen.workspace.explaining import explain
from bakegen.workspace.project import open_workspace
from bakegen.workspace.replaying import Order, builds
from bakegen.workspace.walking import walk
from tests.engine.explain_history import COMMITS, History, first
from tests.unit.workspace.repositories import Repository, no_configuration, repository

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["no_configuration", "repository"]

IMAGES = {
    name: f"docker.io/library/busybox@sha256:{digit * 64}"
    for name, digit in zip(("one", "two", "three"), "abc", strict=True)
}


def test_each_commit_runs_what_explain_tells(repository: Repository) -> None:
    history = History(repository, IMAGES)
    first(history)
    commits = [repository.commit()]
    for changes in COMMITS:
        for _, change in changes:
            change(history)
        commits.append(repository.commit())
    found = list(builds(Order(repository.root, {})))
    assert [one.commit.oid for one in found] == commits
    ran = list(replay(found, Text.ORIGINAL, Policy.BRANCH))
    workspace = open_workspace(repository.root, {})
    any_may = 0
    for before, now, told in zip(commits[:-1], commits[1:], ran[1:], strict=True):
        expected = {}
        for target in explain(workspace, before, now).targets:
            counts = (len(target.of(Verdict.RUNS)), len(target.of(Verdict.MAYBE)))
            if any(counts):
                expected[target.chain.name] = counts
        assert {name: (one.runs, one.may) for name, one in told.targets.items()} == expected
        any_may += told.all.may
    assert any_may and sum(one.all.runs for one in ran[1:]) > 30


@pytest.fixture
def shop(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> Repository:
    """A project of one image with a merged pull request of two commits."""
    dockerfile = "FROM python:3.13-slim\nWORKDIR /app\nCOPY . .\nRUN pip install -r requirements.txt\n"
    files = {"images/shop/image.yaml": "", "images/shop/Dockerfile": dockerfile, "bakegen.yaml": ""}
    ignore = {"images/shop/.dockerignore": "*.yaml\nDockerfile\n.dockerignore\n"}
    repository.commit(
        **files, **ignore, **{"images/shop/requirements.txt": "flask==3.1.2\n", "images/shop/a.py": "1\n"}
    )
    repository.git("checkout", "-q", "-b", "topic")
    repository.commit(**{"images/shop/a.py": "2\n"})
    repository.commit(**{"images/shop/b.py": "3\n"})
    repository.git("checkout", "-q", "main")
    repository.commit(README="more\n")
    repository.git("merge", "-q", "--no-ff", "-m", "Merge topic", "topic")
    monkeypatch.chdir(repository.root)
    return repository


def replayed(capsys: pytest.CaptureFixture[str], *args: str) -> dict[tuple[str, str], Any]:
    assert run(["replay", "--format", "json", *args]) == 0
    made = json.loads(capsys.readouterr().out)
    return {(line["policy"], line["dockerfiles"]): line for line in made["lines"]}


def test_commits_of_a_pull_request_come_before_their_merge(shop: Repository) -> None:
    merge = shop.git("rev-parse", "HEAD")
    found = walk(shop.root, 10, "HEAD")
    assert [one.pull for one in found] == ["", "", merge, merge, ""]
    assert found[-1].oid == merge and found[2].oid == shop.git("rev-parse", "topic^")
    assert [one.oid for one in walk(shop.root, 2, "HEAD", pulls=False)] == [shop.git("rev-parse", "HEAD^"), merge]


def test_policies_and_rewritten_dockerfiles(shop: Repository, capsys: pytest.CaptureFixture[str]) -> None:
    lines = replayed(capsys)
    runs = {name: [one["runs"] for one in line["commits"]] for name, line in lines.items()}
    assert runs["no cache", "original"] == [3, 3, 3, 3]
    assert runs["branch only", "original"] == [0, 3, 2, 2]
    assert runs["branch + master", "original"] == [0, 2, 2, 2]
    assert runs["content keys", "original"] == [0, 2, 2, 0]
    assert runs["read-only PRs", "original"] == [0, 2, 2, 2]
    # Dependencies are installed before the sources are copied.
    assert runs["branch + master", "rewritten"] == [0, 1, 1, 1]
    assert lines["branch + master", "rewritten"]["seconds"] == 3
    assert lines["branch + master", "original"]["seconds"] == 3 * 31


def test_nothing_is_written_into_the_repository(shop: Repository, capsys: pytest.CaptureFixture[str]) -> None:
    before = shop.git("status", "--porcelain"), shop.git("count-objects", "-v")
    replayed(capsys)
    assert (shop.git("status", "--porcelain"), shop.git("count-objects", "-v")) == before


def test_what_was_seen_to_run_counts_as_long(
    shop: Repository, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    step = {"stage": "stage-0", "name": "RUN pip install -r requirements.txt", "cached": False, "seconds": 600.0}
    report = tmp_path / "report.json"
    report.write_text(json.dumps({"targets": [{"name": "shop", "status": "built", "steps": [step]}]}))
    lines = replayed(capsys, "--costs", str(report), "--step-seconds", "0", "--no-pulls")
    assert [one["seconds"] for one in lines["branch only", "original"]["commits"]] == [0, 600]


def test_a_repository_without_definitions(repository: Repository, capsys: pytest.CaptureFixture[str]) -> None:
    repository.commit(
        **{
            "Dockerfile": "FROM debian\nCOPY src /src\nRUN make\n",
            "tools/lint.Dockerfile": "FROM debian\nCOPY a /a\n",
            "broken/Dockerfile": "FROM debian\nNONSENSE\n",
            "src/a.c": "1\n",
            "tools/a": "1\n",
        }
    )
    repository.commit(**{"src/a.c": "2\n"})
    lines = replayed(capsys, "--project", str(repository.root), "--dockerfiles")
    assert {name: one["runs"] for name, one in lines["branch only", "original"]["targets"].items()} == {"app": 2}
    assert lines["no cache", "original"]["steps"] == 3
    assert run(["replay", "--project", str(repository.root), "--dockerfiles"]) == 0
    assert "not told: broken/Dockerfile: " in capsys.readouterr().err
    one = ("--dockerfile", "tools/lint.Dockerfile", "--context", "tools")
    assert replayed(capsys, "--project", str(repository.root), *one)["no cache", "original"]["runs"] == 1


def test_commits_without_a_project_are_told(shop: Repository, capsys: pytest.CaptureFixture[str]) -> None:
    shop.commit(**{"bakegen.yaml": "images: {\n"})
    shop.commit(**{"bakegen.yaml": ""})
    assert run(["replay", "--no-pulls"]) == 0
    told = capsys.readouterr().err
    assert "not read: 1 commit: " in told and "4 commits of the branch, 1 of which could not be read" in told


def test_revisions_and_targets_that_are_not_there_are_refused(
    shop: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["replay", "--until", "nowhere"]) == 2
    assert "there is no commit 'nowhere'" in capsys.readouterr().err
    assert run(["replay", "no-such-target"]) == 2
    assert "no commit has a target called 'no-such-target'" in capsys.readouterr().err


def test_links_and_what_leads_out_of_the_repository(shop: Repository) -> None:
    (shop.root / "images/shop/Dockerfile").unlink()
    shop.write("shared/Dockerfile", "FROM debian\nCOPY a.py /\n")
    (shop.root / "images/shop/Dockerfile").symlink_to("../../shared/Dockerfile")
    shop.commit()
    (shop.root / "images/shop/Dockerfile").unlink()
    (shop.root / "images/shop/Dockerfile").symlink_to("../../../elsewhere")
    shop.commit()
    *_, linked, outside = builds(Order(shop.root, {}))
    assert [step.shown for step in linked.targets[Text.ORIGINAL][0].steps] == ["images/shop/Dockerfile:2 COPY a.py /"]
    assert "outside the project" in outside.problem
