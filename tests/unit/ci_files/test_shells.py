"""The shell of each provider's file, with recorded environments: what is run, logged in to, kept secret."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from bakegen.cli.ci import command
from bakegen.workspace.ci import BranchFlags, detect
from tests.ci_files.shells import INSTALLED, Script, component, recorded, run_script, script_of
from tests.unit.workspace.repositories import Repository, no_configuration

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["no_configuration"]

PROJECT = "registry: registry.example.com/team\ndefault-branch: main\nselections: {pr: all, nightly: all}\n"
SECRETS = {"REGISTRY_USERNAME": "robot", "REGISTRY_PASSWORD": "s3cret"}
CASES = {
    "gitlab-merge-request": ("pull-request", True),
    "gitlab-merge-request-fork": ("pull-request", False),
    "gitlab-schedule": ("nightly", True),
    "gitlab-web": ("manual", True),
    "gitlab-tag": ("release", True),
    "jenkins-push": ("default-branch", True),
    "jenkins-pull-request": ("pull-request", True),
    "jenkins-pull-request-fork": ("pull-request", False),
    "jenkins-tag": ("release", True),
    "circleci-push": ("branch", True),
    "circleci-pull-request-fork": ("pull-request", False),
    "circleci-push SCHEDULED": ("nightly", True),
    "circleci-tag": ("release", True),
    "buildkite-push": ("default-branch", True),
    "buildkite-pull-request": ("pull-request", True),
    "buildkite-pull-request-fork": ("pull-request", False),
    "buildkite-schedule": ("nightly", True),
    "buildkite-tag": ("release", True),
    "azure-push": ("branch", True),
    "azure-pull-request": ("pull-request", True),
    "azure-pull-request-fork": ("pull-request", False),
    "azure-schedule": ("nightly", True),
    "azure-tag": ("release", True),
    "bitbucket-push": ("branch", True),
    "bitbucket-pull-request": ("pull-request", False),
    "bitbucket-push SCHEDULED": ("nightly", True),
    "bitbucket-tag": ("release", True),
}
"""Recorded environments: the event, and whether it may write."""

# In place of bakegen: notes its arguments, and the environment that it would judge.
_STAND_IN = """\
#!/bin/sh
echo "ran $*"
env -0 > "$HOME/environment"
"""


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], str]:
    """What `bakegen ci` prints for a provider, in a repository whose project is in a folder."""
    made = Repository(tmp_path_factory.mktemp("repository")).init()
    made.write("some images/bakegen.yaml", PROJECT)
    made.write("some images/images/app/image.yaml", "")
    made.write("some images/images/app/Dockerfile", "FROM scratch\n")
    made.commit()

    @cache
    def text(provider: str) -> str:
        done = CliRunner().invoke(command, [provider, "--project", str(made.root / "some images")])
        assert done.exit_code == 0, done.output
        return done.stdout

    return text


@pytest.mark.parametrize("case", CASES)
def test_what_an_event_runs(case: str, printed: Callable[[str], str], tmp_path: Path) -> None:
    name, _, scheduled = case.partition(" ")
    provider = name.partition("-")[0]
    event, trusted = CASES[case]
    environ = {**recorded(name), "HOME": str(tmp_path), **({"SCHEDULED": "1"} if scheduled else {})}
    secret = {} if name.endswith("-fork") else SECRETS
    script = script_of(provider, printed(provider), {**environ, **secret})
    stand_in = tmp_path / "bakegen"
    stand_in.write_text(_STAND_IN)
    stand_in.chmod(0o755)
    done, noted = run_script(provider, script, tmp_path, {**environ, **secret}, tmp_path, stand_in)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("ran build --project some images --for-event --trust-tags "), done.stdout
    seen = (tmp_path / "environment").read_bytes().decode().split("\0")
    state = detect(dict(one.split("=", 1) for one in seen if one), BranchFlags(trust_tags=True))
    assert (state.event, state.trusted) == (event, trusted)
    assert INSTALLED in noted
    assert "docker buildx create --name bakegen --driver docker-container" in noted
    logins = [line for line in noted.splitlines() if line.startswith("docker login")]
    said = "docker login --username robot --password-stdin registry.example.com, 6 bytes of a password"
    assert logins == ([] if name.endswith("-fork") else [said])
    assert "s3cret" not in done.stdout + done.stderr + noted


def test_a_pipeline_of_gitlab_is_shared_out_and_checked(tmp_path: Path) -> None:
    job = component({"check": True, "shards": 3, "args": "--timeout 5m --grace 2m", "project": "some images"})
    assert job["parallel"] == 3
    script = Script("\n".join([*job["before_script"], *job["script"]]), {**job["variables"], "BAKEGEN_HOST": "r.test"})
    stand_in = tmp_path / "bakegen"
    stand_in.write_text(_STAND_IN)
    stand_in.chmod(0o755)
    # The job's own token is for GitLab's registry alone.
    token = {"CI_REGISTRY": "registry.gitlab.com", "CI_REGISTRY_USER": "job", "CI_REGISTRY_PASSWORD": "t0ken"}
    environ = {**recorded("gitlab-push"), **token, "CI_NODE_INDEX": "2", "CI_NODE_TOTAL": "3", "HOME": str(tmp_path)}
    done, noted = run_script("gitlab", script, tmp_path, environ, tmp_path, stand_in)
    assert done.returncode == 0, done.stderr
    checked, built = done.stdout.splitlines()
    assert checked == "ran render --project some images --check"
    assert built.endswith("--dotenv bakegen.env --shard 2/3 --timeout 5m --grace 2m")
    assert "docker login" not in noted
    own = Script(script.text, {**script.variables, "BAKEGEN_HOST": "registry.gitlab.com"})
    done, noted = run_script("gitlab", own, tmp_path, environ, tmp_path, stand_in)
    assert "docker login --username job --password-stdin registry.gitlab.com, 5 bytes" in noted
