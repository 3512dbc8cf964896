"""`bakegen explain` on real repositories: which commits it compares, what it says, what would have helped."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from bakegen.cli.main import run
from tests.unit.workspace.repositories import Repository, no_configuration, repository

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["no_configuration", "repository"]

DOCKERFILE = """\
FROM python:3.13-slim
ARG GIT_SHA
WORKDIR /app
COPY . .
RUN pip install -r requirements.txt
CMD ["python", "main.py"]
"""


@pytest.fixture
def shop(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> Repository:
    """A project of two images with one commit on its default branch."""
    repository.commit(
        **{
            "bakegen.yaml": "default-branch: main\n",
            "images/shop/image.yaml": "args: {GIT_SHA: '1'}\n",
            "images/shop/Dockerfile": DOCKERFILE,
            "images/shop/.dockerignore": "Dockerfile\n*.yaml\n.dockerignore\n",
            "images/shop/main.py": "print(1)\n",
            "images/shop/requirements.txt": "flask==3.1.2\n",
            "images/tool/image.yaml": "",
            "images/tool/Dockerfile": "FROM debian:12\nRUN date >/built\n",
        }
    )
    monkeypatch.chdir(repository.root)
    for name in ("GITHUB_ACTIONS", "GITLAB_CI", "CI"):
        monkeypatch.delenv(name, raising=False)
    return repository


def explained(capsys: pytest.CaptureFixture[str], *args: str) -> dict[str, Any]:
    """What is told in JSON, by target."""
    assert run(["explain", "--format", "json", *args]) == 0
    found = json.loads(capsys.readouterr().out)
    return {target["name"]: target for target in found["targets"]} | {"": found}


def refused(capsys: pytest.CaptureFixture[str], *args: str) -> str:
    assert run(["explain", *args]) == 2
    return capsys.readouterr().err


def test_the_work_tree_is_compared_with_the_last_commit(shop: Repository, capsys: pytest.CaptureFixture[str]) -> None:
    head = shop.git("rev-parse", "HEAD")
    shop.write("images/shop/main.py", "print(2)\n")
    shop.write("images/shop/new.py", "print(3)\n")
    found = explained(capsys)
    assert (found[""]["since"], found[""]["until"]) == (head, None)
    assert [cause["name"] for cause in found["shop"]["first"]["causes"]] == ["main.py", "new.py"]
    assert (found["shop"]["first"]["file"], found["shop"]["first"]["line"]) == ("images/shop/Dockerfile", 4)
    assert (found["shop"]["runs"], found["tool"]["runs"]) == (2, 0)


def test_a_branch_is_compared_with_where_it_left_the_default_branch(
    shop: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    start = shop.git("rev-parse", "HEAD")
    shop.git("checkout", "-q", "-b", "topic")
    shop.commit(**{"images/shop/requirements.txt": "flask==3.1.3\n"})
    shop.git("checkout", "-q", "main")
    shop.commit(**{"images/tool/Dockerfile": "FROM debian:13\nRUN date >/built\n"})
    shop.git("checkout", "-q", "topic")
    found = explained(capsys)
    assert found[""]["since"] == start
    assert (found["shop"]["runs"], found["tool"]["runs"]) == (2, 0)


def test_two_commits_are_compared_whatever_is_checked_out(shop: Repository, capsys: pytest.CaptureFixture[str]) -> None:
    commits = [shop.git("rev-parse", "HEAD")]
    commits.append(shop.commit(**{"images/tool/Dockerfile": "FROM debian:12\nRUN date --utc >/built\n"}))
    commits.append(shop.commit(**{"images/shop/main.py": "print(2)\n"}))
    shop.write("images/shop/requirements.txt", "not committed\n")
    found = explained(capsys, "--since", commits[0], "--until", commits[1])
    assert (found[""]["since"], found[""]["until"]) == (commits[0], commits[1])
    assert (found["shop"]["runs"], found["tool"]["runs"]) == (0, 1)
    found = explained(capsys, "--since", commits[1], "--until", "HEAD", "shop")
    assert set(found) == {"", "shop"}
    assert [cause["name"] for cause in found["shop"]["first"]["causes"]] == ["main.py"]
    assert shop.git("status", "--porcelain") == "M images/shop/requirements.txt"


def test_what_would_have_helped_is_worked_out(shop: Repository, capsys: pytest.CaptureFixture[str]) -> None:
    before = shop.git("rev-parse", "HEAD")
    shop.write("images/shop/main.py", "print(2)\n")
    for until in ([], ["--until", shop.commit()]):
        (advice,) = explained(capsys, "--since", before, *until)["shop"]["advice"]
        assert (advice["kind"], advice["name"], advice["worked_out_for"]) == ("rewrite", "manifests-first", "shop")
        assert (advice["runs"], advice["steps"]) == (1, 4)
        assert explained(capsys, "--since", before, *until, "--no-advice")["shop"]["advice"] == []


def test_a_change_that_a_rewrite_makes_no_cheaper_gets_none(
    shop: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    shop.write("images/shop/requirements.txt", "flask==3.1.3\n")
    assert explained(capsys)["shop"]["runs"] == 2
    assert [one for one in explained(capsys)["shop"]["advice"] if one["kind"] == "rewrite"] == []


def test_an_argument_above_everything(shop: Repository, capsys: pytest.CaptureFixture[str]) -> None:
    shop.write("images/shop/image.yaml", "args: {GIT_SHA: very-secret}\n")
    assert run(["explain", "--tree"]) == 0
    out, err = capsys.readouterr()
    assert "argument GIT_SHA changed" in out
    assert "shop: with the rewrite sink-arg" in out and "0 of 3 steps would run again" in out
    assert "secret" not in out + err


def test_a_rule_is_named_where_no_rewrite_helps(shop: Repository, capsys: pytest.CaptureFixture[str]) -> None:
    shop.write(
        "images/shop/Dockerfile",
        "FROM python:3.13-slim\nRUN --mount=type=bind,target=/ctx pip install -r /ctx/requirements.txt\n",
    )
    shop.commit()
    shop.write("images/shop/main.py", "print(2)\n")
    advice = explained(capsys)["shop"]["advice"]
    assert [(one["kind"], one["name"]) for one in advice] == [("rule", "CA345 bind-whole-context")]


def test_a_rule_may_report_the_instruction_that_sets_an_argument(
    shop: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    shop.write("images/tool/Dockerfile", "FROM debian:12\nARG CACHEBUST\nRUN strange-program # $CACHEBUST\n")
    shop.write("images/tool/image.yaml", "args: {CACHEBUST: '1'}\n")
    shop.commit()
    shop.write("images/tool/image.yaml", "args: {CACHEBUST: '2'}\n")
    advice = explained(capsys)["tool"]["advice"]
    assert [(one["kind"], one["name"]) for one in advice] == [("rule", "CA350 cache-buster")]


def test_the_places_are_those_that_people_change(shop: Repository, capsys: pytest.CaptureFixture[str]) -> None:
    shop.write("images/shop/image.yaml", "args: {GIT_SHA: '1'}\nrewrite: assumed\n")
    shop.commit()
    shop.write("images/shop/main.py", "print(2)\n")
    found = explained(capsys)["shop"]
    assert (found["first"]["file"], found["first"]["line"]) == ("images/shop/Dockerfile", 4)
    assert found["runs"] == 1
    shop.write("images/shop/requirements.txt", "flask==3.1.3\n")
    assert explained(capsys)["shop"]["runs"] == 3


def test_a_template_is_named_by_its_line(shop: Repository, capsys: pytest.CaptureFixture[str]) -> None:
    shop.git("rm", "-q", "images/tool/Dockerfile")
    shop.write("images/tool/Dockerfile.j2", "{% set x = 1 %}\n{# why #}\nFROM debian:12\nRUN one\nRUN two\n")
    shop.commit()
    shop.write("images/tool/Dockerfile.j2", "{% set x = 1 %}\n{# why #}\nFROM debian:12\nRUN one\nRUN three\n")
    found = explained(capsys)["tool"]
    assert (found["first"]["file"], found["first"]["line"]) == ("images/tool/Dockerfile.j2", 5)


def test_times_come_from_reports(shop: Repository, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    step = {"name": "RUN pip install -r requirements.txt", "stage": None, "cached": False, "seconds": 41.5}
    report = tmp_path / "report.json"
    report.write_text(json.dumps({"targets": [{"name": "shop", "status": "built", "steps": [step]}]}))
    shop.write("images/shop/main.py", "print(2)\n")
    found = explained(capsys, "--costs", str(report))["shop"]
    assert found["seconds"] == 41.5
    assert found["advice"][0]["seconds_saved"] == 41.5
    assert run(["explain", "--costs", str(report)]) == 0
    out, err = capsys.readouterr()
    assert "> 41.5 s" in out and "41.5 s less" in out
    assert "2 of 4 steps run again; 41.5 s by earlier builds, without 1 step never seen to run" in err


def test_nothing_to_say(shop: Repository, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", "--since", "HEAD"]) == 0
    out, err = capsys.readouterr()
    assert out == ""
    assert err.endswith("0 of 4 steps run again; nothing runs again of 2 targets\n")


def test_what_cannot_be_compared_is_said(shop: Repository, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert "there is no commit 'nowhere' in this clone" in refused(capsys, "--since", "nowhere")
    assert "nothing to compare with: there is no earlier commit" in refused(capsys)
    assert "no target or group is called 'nothing'" in refused(capsys, "--since", "HEAD", "nothing")
    good = shop.git("rev-parse", "HEAD")
    shop.commit(**{"images/shop/image.yaml": "args: [\n"})
    shop.write("images/shop/image.yaml", "")
    assert "its definitions cannot be read" in refused(capsys, "--since", "HEAD")
    assert "cannot be read" in refused(capsys, "--since", good, "--until", "HEAD")


def test_without_git(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "bakegen.yaml").write_text("")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert "nothing to compare with" in refused(capsys)


def test_of_files_of_a_submodule_nothing_is_told(
    shop: Repository, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    other = Repository(tmp_path / "other").init()
    other.commit(file="1\n")
    shop.git("submodule", "add", "-q", str(other.root), "images/shop/vendor")
    shop.commit()
    found = explained(capsys, "--since", "HEAD")
    assert found["shop"]["problem"] == "it reads files of the submodule images/shop/vendor"
    assert (found["shop"]["steps"], found["tool"]["problem"]) == (0, None)
    assert run(["explain", "--since", "HEAD"]) == 0
    assert "unknown: it reads files of the submodule" in capsys.readouterr().out
