"""`bakegen ci`: which file it prints, what it says of the project, what it does not write over."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import yaml
from click.testing import CliRunner

from bakegen import __version__
from bakegen.cli.ci import command
from bakegen.errors import InputError
from bakegen.templating.files import built_in_folder, built_in_names
from bakegen.workspace.ci_files import PROVIDERS
from tests.unit.workspace.repositories import Repository, no_configuration

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["no_configuration"]


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    made = Repository(tmp_path / "repository").init()
    made.write("bakegen.yaml", "registry: ghcr.io/team/images\ndefault-branch: trunk\nevents: {nightly: app}\n")
    made.write("images/app/image.yaml", "")
    made.write("images/app/Dockerfile", "FROM scratch\n")
    made.commit()
    monkeypatch.chdir(made.root)
    return made


def run(*arguments: str) -> tuple[str, str]:
    done = CliRunner().invoke(command, arguments, catch_exceptions=True)
    if isinstance(done.exception, InputError):
        raise done.exception
    return done.stdout, done.stderr


def test_providers_are_listed_and_recognised(repository: Repository) -> None:
    repository.write("Jenkinsfile", "")
    repository.write(".github/ISSUE_TEMPLATE/bug.md", "")
    rows = {line.split()[0]: line.endswith("yes") for line in run()[0].splitlines()[1:]}
    assert rows == {name: name == "jenkins" for name in PROVIDERS}


@pytest.mark.parametrize("provider", PROVIDERS)
def test_each_file_says_what_the_project_says(provider: str, repository: Repository) -> None:
    text, said = run(provider)
    assert said == ""
    assert "nightly: app" in text and "pull-request: default" in text
    assert "@{" not in text and "#%" not in text
    assert "trunk" in text or provider in ("gitlab", "circleci", "buildkite")  # which tell the default branch
    assert "--check" not in text and "check: true" not in text
    if provider != "jenkins":
        yaml.safe_load(text)
    repository.write("docker-bake.hcl", "")
    repository.commit()
    assert "--check" in run(provider)[0] or "check: true" in run(provider)[0]


def test_a_workflow_logs_in_where_the_images_are(repository: Repository) -> None:
    (job,) = yaml.safe_load(run("github")[0])["jobs"].values()
    assert job["permissions"] == {"contents": "read", "packages": "write"}
    (job,) = yaml.safe_load(run("github", "--registry", "registry.example.com/team")[0])["jobs"].values()
    assert job["permissions"] == {"contents": "read"}
    assert job["env"] == {"REGISTRY_USERNAME": "${{ secrets.REGISTRY_USERNAME }}"}


def test_where_the_action_is(repository: Repository) -> None:
    assert f"uses: bakegen/bakegen@v{__version__}\n" in run("github")[0]
    assert "uses: team/copy@0a1b2c\n" in run("github", "--source", "team/copy@0a1b2c")[0]
    assert f"/team/copy/bakegen@v{__version__}\n" in run("gitlab", "--source", "team/copy")[0]


def test_the_components_own_version_is_this_one() -> None:
    head = (built_in_folder() / "bakegen.yml").read_text("utf-8").partition("\n---\n")[0]
    assert yaml.safe_load(head)["spec"]["inputs"]["version"]["default"] == __version__


def test_these_files_are_no_templates_of_dockerfiles() -> None:
    assert not [name for name in built_in_names() if "/ci/" in name or name.endswith(".yml")]


def test_a_file_that_is_there_stays(repository: Repository) -> None:
    path = repository.root / ".github" / "workflows" / "images.yml"
    assert run("github", "--output", ".github/workflows/images.yml")[1] == "wrote .github/workflows/images.yml\n"
    run("github", "--output", str(path))  # the same again
    path.write_text("mine\n")
    with pytest.raises(InputError, match="is there, with other content"):
        run("github", "--output", str(path))
    assert path.read_text() == "mine\n"
    run("github", "--output", str(path), "--force")
    assert path.read_text() == run("github")[0]


def test_what_is_missing_is_said(repository: Repository) -> None:
    (repository.root / "bakegen.yaml").write_text("")
    text, said = run("github")
    assert "bakegen.yaml has no `registry`" in said and "write `registry: ghcr.io/OWNER/NAME`" in said
    assert "nothing tells the default branch, so it is taken to be 'master'" in said
    assert "ghcr.io" in text
    assert "there is no provider 'gihub'; did you mean 'github'?" in run("gihub")[1]


@pytest.mark.parametrize("name", ["${{ secrets.X }}", "a'b", "$(boom)", 'a"b', "a\nb", "a`b"])
def test_a_name_that_a_provider_would_evaluate_is_refused(name: str, repository: Repository) -> None:
    with pytest.raises(InputError, match="cannot stand in a file for a CI"):
        run("circleci", "--source", name)
