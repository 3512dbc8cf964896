"""Registries, git, clocks, disks: what is said, how bad it is here, and what mends it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bakegen.workspace.doctor.findings import Result, Unseen
from bakegen.workspace.doctor.model import Asked, History
from bakegen.workspace.git import GitFacts
from tests.unit.workspace.doctor.seen import (
    ASKED,
    DOCKER,
    HISTORY,
    MACHINE,
    PROJECT,
    TRUSTED_CI,
    found,
    only,
)

GITHUB = replace(MACHINE, provider="GitHub Actions")
GITLAB = replace(MACHINE, provider="GitLab CI")
BASE = Asked("debian:trixie", "docker.io", base=True, login="nobody is logged in", there=True)


def test_a_registry_that_does_not_answer_fails_and_a_base_image_warns() -> None:
    refused = replace(ASKED, read="connection refused", there=None, write=None)
    told = only("registry-read", registries=(refused,))
    assert (told.result, told.fix) == (Result.FAILURE, "curl -v https://registry.example.com/v2/")
    base = replace(BASE, read="its name cannot be resolved (x)", there=None)
    assert only("registry-read", registries=(base,)).result is Result.WARNING
    untrusted = replace(ASKED, read="its certificate is not trusted (self-signed certificate)", write=None)
    assert "/etc/docker/certs.d/registry.example.com/ca.crt" in only("registry-read", registries=(untrusted,)).fix


@pytest.mark.parametrize(
    ("host", "provider", "fix"),
    [
        ("registry.example.com", "", "docker login registry.example.com"),
        ("docker.io", "", "docker login"),
        ("ghcr.io", "", "gh auth token | docker login ghcr.io"),
        ("ghcr.io", "GitHub Actions", "permissions:\n  packages: write"),
        ("registry.example.com", "GitLab CI", 'echo "$CI_REGISTRY_PASSWORD" | docker login "$CI_REGISTRY"'),
        ("123456789012.dkr.ecr.eu-west-1.amazonaws.com", "", "aws ecr get-login-password --region eu-west-1"),
        ("europe-docker.pkg.dev", "", "gcloud auth configure-docker europe-docker.pkg.dev"),
        ("team.azurecr.io", "", "az acr login --name team"),
    ],
)
def test_who_may_not_write_is_told_how_to_log_in(host: str, provider: str, fix: str) -> None:
    denied = Asked(
        f"{host}/team/app", host, False, login="nobody is logged in", there=True, write="access refused (401)"
    )
    plan = replace(PROJECT, state=TRUSTED_CI)
    told = only("registry-write", registries=(denied,), project=plan, machine=replace(MACHINE, provider=provider))
    assert told.result is Result.FAILURE
    assert told.fix.startswith(fix)


def test_writing_matters_where_this_run_would_write() -> None:
    denied = replace(ASKED, write="access refused (403): the login to registry.example.com does not allow it")
    assert only("registry-write", registries=(denied,)).result is Result.NOTE
    assert (
        only("registry-write", registries=(denied,), project=replace(PROJECT, state=TRUSTED_CI)).result
        is Result.FAILURE
    )
    assert "could not be cancelled" in only("registry-write", registries=(replace(ASKED, kept_open=True),)).seen
    assert found("registry-write", registries=(replace(ASKED, write=None),)) == []


def test_logins_and_their_helpers() -> None:
    missing = replace(ASKED, login="docker-credential-desktop is not installed")
    told = only("registry-login", registries=(missing,))
    assert told.result is Result.WARNING
    assert told.fix.startswith("command -v docker-credential-desktop")
    assert only("registry-login", registries=(replace(ASKED, login="nobody is logged in"),)).result is Result.OK
    unasked = replace(ASKED, login="nobody is logged in", write=None)
    assert only("registry-login", registries=(unasked,)).result is Result.NOTE
    # What pushes counts more than what is only read from the same host.
    base = replace(BASE, host="registry.example.com", login="nobody is logged in")
    assert only("registry-login", registries=(base, ASKED)).seen == "a login is there"


def test_deletes_limits_images_and_settings() -> None:
    assert only("registry-delete", registries=(replace(ASKED, deletes=False),)).result is Result.NOTE
    hub = Asked("me/app", "docker.io", False, write="", there=True, deletes=False)
    assert "Docker Hub deletes only" in only("registry-delete", registries=(hub,)).seen
    few = replace(BASE, limit=100, remaining=3)
    assert only("registry-limits", registries=(few,)).seen == "3 of 100 pulls are left"
    assert only("registry-limits", registries=(few,)).result is Result.WARNING
    assert only("registry-limits", registries=(replace(few, remaining=90),)).result is Result.NOTE
    assert only("registry-image", registries=(replace(BASE, there=False),)).result is Result.WARNING
    config = {"Mirrors": ["https://mirror.example.com/"], "IndexConfigs": {"registry.example.com": {"Secure": False}}}
    docker = replace(DOCKER, info={**DOCKER.info, "RegistryConfig": config})
    assert [one.about for one in found("registry-settings", docker=docker, registries=(ASKED, BASE))] == [
        "", "registry.example.com",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("machine", "fix"),
    [
        (MACHINE, "git fetch --unshallow --tags origin"),
        (GITHUB, "- uses: actions/checkout@v4\n  with:\n    fetch-depth: 0"),
        (GITLAB, 'variables:\n  GIT_DEPTH: "0"'),
        (replace(MACHINE, provider="Azure Pipelines"), "steps:\n- checkout: self\n  fetchDepth: 0"),
        (replace(MACHINE, provider="Bitbucket Pipelines"), "clone:\n  depth: full"),
    ],
)
def test_a_shallow_clone(machine: object, fix: str) -> None:
    shallow = replace(HISTORY, facts=replace(HISTORY.facts, shallow=True), commits=0, problem="a shallow clone")
    told = only("git-history", history=shallow, machine=machine)
    assert (told.result, told.seen, told.fix) == (Result.WARNING, "a shallow clone: merge base not found", fix)


def test_history_that_is_not_all_there() -> None:
    told = only("git-history", history=replace(HISTORY, problem="nothing in this clone names the branch main"))
    assert "git fetch origin +refs/heads/main:refs/remotes/origin/main" in told.fix
    parts = found("git-history", history=replace(HISTORY, partial=True))
    assert [one.about for one in parts] == ["partial", ""]


def test_the_default_branch() -> None:
    other = replace(HISTORY, default="master")
    told = only("git-default", history=other)
    assert (told.result, told.fix) == (Result.WARNING, "set `default-branch: main` in bakegen.yaml")
    silent = replace(HISTORY, facts=replace(HISTORY.facts, default_branch=None, remotes={"origin": "x"}))
    assert only("git-default", history=silent).fix == "git remote set-head origin --auto"


def test_no_repository_and_one_that_git_does_not_trust() -> None:
    none = History(GitFacts(reasons=("this is not a git repository",)))
    assert only("git-repository", history=none).result is Result.WARNING
    assert found("git-repository", history=none, project=None) == []
    strange = History(GitFacts(reasons=("… run `git config --global --add safe.directory <path>`",)))
    assert only("git-repository", history=strange).fix == 'git config --global --add safe.directory "$PWD"'


def test_submodules_matter_where_a_context_has_them() -> None:
    away = replace(HISTORY, modules=("images/app/vendor", "docs"))
    told = only("git-submodules", history=away)
    assert told.result is Result.FAILURE
    assert told.seen.endswith("images/app/vendor")
    assert "submodules: recursive" in only("git-submodules", history=away, machine=GITHUB).fix
    assert only("git-submodules", history=replace(HISTORY, modules=("docs",))).result is Result.OK


def test_files_that_git_should_have_or_not() -> None:
    tracked = only("git-override", history=replace(HISTORY, tracked=("docker-bake.override.hcl",)))
    assert tracked.fix.startswith("git rm --cached docker-bake.override.hcl")
    stale = only("git-rendered", project=replace(PROJECT, stale=("docker-bake.hcl", "a", "b", "c")))
    assert stale.seen == "out of date: docker-bake.hcl, a, b and 1 more"
    broken = only("git-definitions", project=Unseen("image.yaml:2: wrong"))
    assert broken.result is Result.FAILURE
    old = replace(PROJECT, lock_time=MACHINE.now - 90 * 86400)
    assert only("git-lock", project=old).fix == "bakegen lock --update"
    assert only("git-lock", project=replace(PROJECT, lock_time=MACHINE.now - 86400)).result is Result.OK


@pytest.mark.parametrize(
    ("clock", "result"),
    [(0.9, Result.OK), (-9.0, Result.OK), (30.0, Result.WARNING), (-3600.0, Result.FAILURE), (3600.0, Result.FAILURE)],
)
def test_clocks_of_registries(clock: float, result: Result) -> None:
    told = [one for one in found("machine-clock", registries=(replace(ASKED, clock=clock),)) if one.about != "engine"]
    assert [one.result for one in told] == [result]
    if clock == -3600.0:
        assert told[0].seen == "its clock is 3600 seconds behind this machine's"
        assert told[0].fix == "sudo timedatectl set-ntp true"


def test_the_clock_of_the_engine_is_no_failure_and_a_slow_answer_no_wrong_clock() -> None:
    told = only("machine-clock", docker=replace(DOCKER, clock=600.0))
    assert told.result is Result.WARNING
    assert only("machine-clock", docker=replace(DOCKER, clock=12.0, doubt=6.0)).result is Result.OK


def test_this_machine() -> None:
    local = replace(PROJECT, caches={"local": ({"type": "local", "dest": ".bakegen/cache"},)})
    small = replace(MACHINE, folder_free=2**30)
    assert [one.result for one in found("machine-disk", project=local, machine=small)] == [Result.WARNING, Result.OK]
    assert only("machine-disk", engine_free=2**30).about == "engine"
    assert only("machine-case", machine=replace(MACHINE, ignores_case=True)).result is Result.NOTE
    artifacts = replace(PROJECT, artifacts=True)
    assert (
        only("machine-zstd", project=artifacts, machine=replace(MACHINE, zstd=False)).fix
        == "pip install 'bakegen[zstd]'"
    )
    plugins = {"ClientInfo": {"Plugins": [{"Name": "buildx"}]}}
    docker = replace(DOCKER, info={**DOCKER.info, **plugins})
    assert only("machine-plugin", docker=docker).fix == "bakegen plugin install"
