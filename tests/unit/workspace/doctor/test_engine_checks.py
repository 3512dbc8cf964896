"""Docker, buildx and the builder: what is said of versions, drivers and settings, and what mends it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bakegen.workspace.doctor.checks import CHECKS, GROUPS
from bakegen.workspace.doctor.findings import Result, Unseen
from bakegen.workspace.doctor.judging import judge
from bakegen.workspace.doctor.model import Builder, Docker, Feature, Node, Use
from tests.unit.workspace.doctor.seen import (
    BUILDER,
    DOCKER,
    MACHINE,
    NODE,
    PROJECT,
    TRUSTED_CI,
    facts,
    found,
    only,
    with_node,
)

GITHUB = replace(MACHINE, provider="GitHub Actions")


def test_where_all_is_well_all_is_well_and_every_check_has_its_own_name() -> None:
    told = judge(facts(), GROUPS)
    assert {one.finding.result for one in told} == {Result.OK}, [one for one in told if one.finding.result != "ok"]
    assert len({check.name for check in CHECKS}) == len(CHECKS)
    assert all(check.name.startswith(check.group) for check in CHECKS)


def test_no_docker_fails_in_a_project_and_warns_outside_of_one() -> None:
    told = only("docker-client", docker=Docker())
    assert told.result is Result.FAILURE
    assert told.fix == "curl -fsSL https://get.docker.com | sudo sh"
    assert "services:" in only("docker-client", docker=Docker(), machine=replace(MACHINE, provider="GitLab CI")).fix
    assert only("docker-client", docker=Docker(), project=None).result is Result.WARNING
    assert found("docker-engine", docker=Docker()) == []  # once is enough


@pytest.mark.parametrize(
    ("problem", "environ", "fix"),
    [
        ("permission denied while trying to connect to the docker API", {}, "sudo usermod -aG docker"),
        ("Cannot connect to the Docker daemon at unix:///var/run/docker.sock.", {}, "sudo systemctl start docker"),
        ("Cannot connect to the Docker daemon at tcp://h:1.", {"DOCKER_HOST": "tcp://h:1"}, "unset DOCKER_HOST"),
        ("no such context", {"DOCKER_CONTEXT": "far"}, "unset DOCKER_CONTEXT"),
    ],
)
def test_an_engine_that_does_not_answer(problem: str, environ: dict[str, str], fix: str) -> None:
    docker = Docker(client="29.0.0", problem=problem, buildx="0.30.0")
    told = only("docker-engine", docker=docker, environ=environ, builder=Builder("default", "", error=problem))
    assert (told.result, told.seen) == (Result.FAILURE, problem)
    assert told.fix.startswith(fix)
    assert found("docker-builder", docker=docker, builder=Builder("default", "", error=problem)) == []


def test_a_remote_builder_needs_no_engine() -> None:
    docker = Docker(client="29.0.0", problem="Cannot connect", buildx="0.36.0")
    assert found("docker-engine", docker=docker, builder=with_node("remote")) == []


def test_buildx_is_held_against_what_the_file_has() -> None:
    plan = replace(PROJECT, min_buildx="0.20", buildx={"context": ("0.2", "app"), "extra-hosts": ("0.25", "app")})
    told = only("docker-buildx", project=plan, docker=replace(DOCKER, buildx="0.24.9"))
    assert told.result is Result.FAILURE
    assert "extra-hosts of app needs 0.25" in told.seen
    assert only("docker-buildx", project=plan, docker=replace(DOCKER, buildx="0.25.0+ds1")).result is Result.OK
    old = only("docker-buildx", project=replace(plan, min_buildx="0.29"), docker=replace(DOCKER, buildx="0.28.0"))
    assert old.seen == "buildx 0.28.0, and min-buildx is 0.29"
    assert only("docker-buildx", project=plan, docker=replace(DOCKER, buildx="")).result is Result.FAILURE


def test_a_store_that_is_off_matters_where_something_needs_it() -> None:
    docker = replace(DOCKER, info={"DriverStatus": [["Backing Filesystem", "extfs"]]})
    told = only("docker-store", docker=docker)
    assert told.result is Result.FAILURE
    assert "caches are of type registry" in told.seen
    assert "containerd-snapshotter" in told.fix and "docker buildx create" in told.fix
    inline = replace(PROJECT, caches={"inline": ({"type": "inline"},)})
    assert only("docker-store", docker=docker, project=inline).result is Result.NOTE
    both = replace(inline, multi_platform=("app",), attests=("tool",))
    assert (
        "app is for several platforms; tool has attestations" in only("docker-store", docker=docker, project=both).seen
    )
    assert found("docker-store", docker=docker, builder=with_node("docker-container")) == []


@pytest.mark.parametrize(
    ("version", "result", "needed"),
    [("1.1.11", Result.WARNING, "1.3.6"), ("1.4.2", Result.WARNING, "1.4.3"), ("1.4.3", Result.OK, "")],
)
def test_runc_is_held_against_security_fixes(version: str, result: Result, needed: str) -> None:
    (told,) = [
        one
        for one in found("docker-fixes", docker=replace(DOCKER, components={"runc": version}))
        if one.about == "runc"
    ]
    assert told.result is result
    assert f"older than {needed}" in told.seen if needed else "no known fault" in told.seen


def test_what_a_distribution_made_may_be_mended() -> None:
    docker = replace(DOCKER, components={"runc": "1.1.5+ds1-1+deb12u1"})
    (told,) = [one for one in found("docker-fixes", docker=docker) if one.about == "runc"]
    assert told.result is Result.UNKNOWN
    assert "CVE-2024-21626" in told.seen
    assert told.fix.endswith("apt-get install runc")


def test_buildkit_of_every_node_is_held_against_security_fixes() -> None:
    two = Builder("two", "docker-container", (NODE, replace(NODE, name="old", version="v0.28.0")))
    fine, old = found("builder-fixes", builder=two)
    assert (fine.result, old.result, old.about) == (Result.OK, Result.WARNING, "old") or (
        fine.result, old.result, fine.about,
    ) == (Result.WARNING, Result.OK, "old")  # fmt: skip
    worst = fine if fine.result is Result.WARNING else old
    assert "older than 0.28.1, which mends CVE-2026-33747, CVE-2026-33748" in worst.seen
    assert worst.fix.startswith("docker buildx rm two\ndocker buildx create ")


def test_the_engine_tells_the_version_that_its_buildkit_does_not() -> None:
    builder = with_node(version="v0.0.0+unknown")
    docker = replace(DOCKER, server="28.4.0")
    assert "BuildKit 0.24.0 (by Docker Engine 28.4.0)" in only("builder-buildkit", builder=builder, docker=docker).seen
    assert only("builder-fixes", builder=builder, docker=docker).result is Result.WARNING
    made = replace(DOCKER, server="28.4.0+dfsg1")
    assert only("builder-fixes", builder=builder, docker=made).result is Result.UNKNOWN
    unknown = only("builder-buildkit", builder=with_node("remote", version=""))
    assert unknown.result is Result.UNKNOWN


PARENTS = {Feature("COPY --parents", "1.20"): Use("COPY --parents", "images/app/Dockerfile:3", 1)}


def test_flags_need_a_buildkit_where_no_frontend_is_named() -> None:
    plan = replace(PROJECT, features=PARENTS)
    told = only("builder-buildkit", project=plan, builder=with_node("docker-container", version="v0.25.2"))
    assert told.result is Result.FAILURE
    assert "COPY --parents in images/app/Dockerfile:3 and 1 more needs 0.26" in told.seen
    named = replace(plan, syntaxes={"docker/dockerfile:1": "images/app/Dockerfile"})
    assert only("builder-buildkit", project=named, builder=with_node(version="v0.25.2")).result is Result.OK


@pytest.mark.parametrize(
    ("syntax", "result"),
    [
        ("docker/dockerfile:1", Result.OK),
        ("docker/dockerfile:1.20", Result.OK),
        ("docker/dockerfile:1.7", Result.WARNING),
        ("docker.io/docker/dockerfile:1.7@sha256:" + "a" * 64, Result.WARNING),
        ("example.com/mine:2", Result.NOTE),
    ],
)
def test_frontends_are_held_against_flags(syntax: str, result: Result) -> None:
    plan = replace(PROJECT, features=PARENTS, syntaxes={syntax: "images/app/Dockerfile"})
    assert only("builder-frontend", project=plan).result is result


def test_a_platform_without_a_node_fails_where_a_step_runs_on_it() -> None:
    plan = replace(
        PROJECT, platforms={"linux/amd64": "app", "linux/arm64": "app"}, runs={"linux/arm64": "Dockerfile:4"}
    )
    told = only("builder-platforms", project=plan)
    assert told.result is Result.FAILURE
    assert told.fix == "docker run --privileged --rm tonistiigi/binfmt --install arm64"
    assert "setup-qemu-action" in only("builder-platforms", project=plan, machine=GITHUB).fix
    assert only("builder-platforms", project=replace(plan, runs={})).result is Result.NOTE
    emulated = with_node(platforms=("linux/amd64*", "linux/arm64"))
    assert only("builder-platforms", project=plan, builder=emulated).result is Result.OK


def test_caches_ask_for_what_their_backends_need() -> None:
    gha = replace(PROJECT, caches={"gha": ({"type": "gha", "scope": "app"},)})
    told = only("builder-caches", project=gha)
    assert (told.result, told.seen) == (Result.WARNING, "ACTIONS_RUNTIME_TOKEN and ACTIONS_RESULTS_URL not set")
    assert only("builder-caches", project=replace(gha, state=TRUSTED_CI)).result is Result.FAILURE
    environ = {"ACTIONS_RUNTIME_TOKEN": "t0ken", "ACTIONS_RESULTS_URL": "https://example.com"}
    assert only("builder-caches", project=gha, environ=environ).result is Result.OK
    s3 = replace(PROJECT, caches={"s3": ({"type": "s3", "bucket": "b"},)})
    assert "AWS_REGION not set" in only("builder-caches", project=s3).seen
    environ = {"AWS_REGION": "eu-west-1", "AWS_PROFILE": "ci"}
    assert only("builder-caches", project=s3, environ=environ).result is Result.OK
    cannot = with_node("cloud", features={"Cache export": False})
    assert only("builder-caches", builder=cannot).result is Result.FAILURE


def test_entitlements_are_held_against_the_flags_of_the_builder() -> None:
    plan = replace(PROJECT, entitlements={"security.insecure": "Dockerfile:4"})
    told = only("builder-entitlements", project=plan, builder=with_node("docker-container"))
    assert told.result is Result.FAILURE
    assert "--buildkitd-flags --allow-insecure-entitlement=security.insecure" in told.fix
    allowed = with_node("docker-container", flags="--allow-insecure-entitlement=security.insecure")
    assert only("builder-entitlements", project=plan, builder=allowed).result is Result.OK
    assert only("builder-entitlements", project=plan).result is Result.UNKNOWN


def test_garbage_collection_is_held_against_the_disk() -> None:
    rule = {"All": "true", "Min Free Space": "47.5GiB", "Max Used Space": "188.1GiB"}
    builder = with_node(collect=({"Filters": "x", "Max Used Space": "1MiB"}, rule))
    assert only("builder-collection", builder=builder).seen == "up to 188.1 GiB are kept"
    assert only("builder-collection", builder=builder, engine_free=2**30).result is Result.WARNING
    small = with_node(collect=({"Max Used Space": "512MB"},))
    assert only("builder-collection", builder=small).result is Result.WARNING


def test_images_that_stay_in_the_builder_are_told_where_nothing_is_pushed() -> None:
    plan = replace(PROJECT, loads=True)
    away = with_node("docker-container", features={"Automatically load images to the Docker Engine image store": False})
    assert only("builder-load", project=plan, builder=away).fix == "docker buildx bake --load"
    assert only("builder-load", project=plan, builder=with_node("docker-container")).result is Result.OK


def test_builders_that_are_away_or_asleep() -> None:
    assert only("docker-builder", builder=Unseen('no builder "x" found')).result is Result.FAILURE
    asleep = Builder("dc", "docker-container", (Node("dc0", status="inactive"),))
    assert only("docker-builder", builder=asleep).fix == "docker buildx inspect --bootstrap dc"
    assert found("builder-buildkit", builder=asleep) == []
    half = Builder("k", "kubernetes", (NODE, Node("k1", error="no pods")))
    assert only("docker-builder", builder=half).result is Result.WARNING
    assert only("docker-builder", builder=BUILDER, environ={"BUILDX_BUILDER": "default"}).seen.endswith(
        "by BUILDX_BUILDER"
    )


def test_variables_that_change_bake() -> None:
    told = only("docker-variables", environ={"BUILDX_BAKE_FILE": "other.hcl", "SECRET": "x"})
    assert (told.result, told.fix) == (Result.WARNING, "unset BUILDX_BAKE_FILE")
    assert "other.hcl" not in told.seen
    assert only("docker-variables", environ={"DOCKER_BUILDKIT": "1"}).result is Result.OK
    assert only("docker-variables", environ={"DOCKER_BUILDKIT": "0"}).result is Result.NOTE
