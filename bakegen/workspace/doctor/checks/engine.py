"""Checks of docker itself: client, engine, buildx, their versions, the image store, what the environment changes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bakegen.workspace.doctor import mending
from bakegen.workspace.doctor.advisories import affecting
from bakegen.workspace.doctor.findings import Check, Finding, Result, Unseen
from bakegen.workspace.doctor.model import Builder
from bakegen.workspace.doctor.versions import buildkit_of_engine, numbers, of_distribution, older

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.workspace.doctor.model import Facts

GROUP = "docker"
_STORE_NEEDED = "images for several platforms, attestations and caches other than inline need it"
_PACKAGES = {"engine": "docker-ce", "containerd": "containerd.io", "runc": "containerd.io"}
_OF_DISTRIBUTIONS = {"engine": "docker.io", "containerd": "containerd", "runc": "runc"}


def _client(facts: Facts) -> Iterator[Finding]:
    if isinstance(facts.docker, Unseen):
        yield Finding(Result.UNKNOWN, facts.docker.reason)
    elif facts.docker.client:
        yield Finding(Result.OK, f"docker {facts.docker.client}")
    else:
        fix = mending.install_docker(facts.machine.system, facts.machine.provider)
        yield Finding(Result.FAILURE, "there is no docker on PATH", fix)


def _reached(facts: Facts) -> Iterator[Finding]:
    docker, machine = facts.engine, facts.machine
    if not docker.client or _elsewhere(facts):
        return
    if docker.server:
        how = " (rootless)" if docker.rootless else ""
        yield Finding(Result.OK, f"Docker Engine {docker.server}{how}")
        return
    if "permission denied" in docker.problem:
        fix = 'sudo usermod -aG docker "$USER" && newgrp docker'
    elif facts.environ.get("DOCKER_HOST"):
        fix = "unset DOCKER_HOST    # or start the engine that it names"
    elif facts.environ.get("DOCKER_CONTEXT"):
        fix = "unset DOCKER_CONTEXT    # or start the engine of that context"
    else:
        fix = mending.start_docker(machine.system, machine.provider)
    yield Finding(Result.FAILURE, docker.problem.partition(": Get ")[0], fix)


def _elsewhere(facts: Facts) -> bool:
    """Whether builds need no local engine: the builder is remote."""
    return facts.driver in ("remote", "kubernetes", "cloud") and not facts.engine.server


def _buildx(facts: Facts) -> Iterator[Finding]:
    docker, plan = facts.engine, facts.plan
    if not docker.client:
        return
    fix = _newer_buildx(facts)
    if not docker.buildx:
        yield Finding(Result.FAILURE, "docker has no buildx", fix)
        return
    if plan is None:
        yield Finding(Result.OK, f"buildx {docker.buildx}")
        return
    newest = max(plan.buildx.items(), key=lambda one: numbers(one[1][0]) or (), default=("", ("0", "")))
    needed, what = plan.min_buildx, "min-buildx"
    if older(needed, newest[1][0]):
        needed, what = newest[1][0], f"{newest[0]} of target {newest[1][1]}"
    if older(docker.buildx, newest[1][0]):
        yield Finding(Result.FAILURE, f"buildx {docker.buildx}, and {newest[0]} of {newest[1][1]} needs {needed}", fix)
    elif older(docker.buildx, needed):
        yield Finding(Result.FAILURE, f"buildx {docker.buildx}, and {what} is {needed}", fix)
    elif older(docker.buildx, needed) is None:
        yield Finding(Result.UNKNOWN, f"buildx {docker.buildx} does not tell its version; {needed} is needed")
    else:
        yield Finding(Result.OK, f"buildx {docker.buildx}, {needed} is needed ({what})")


def _newer_buildx(facts: Facts) -> str:
    machine = facts.machine
    return mending.newer_buildx(machine.system, machine.provider, distribution=of_distribution(facts.engine.client))


def _fixes(facts: Facts) -> Iterator[Finding]:
    docker = facts.engine
    versions = {"engine": docker.server, "buildx": docker.buildx, **docker.components}
    if facts.environ.get("DOCKER_BUILDKIT") != "0":
        versions.pop("engine")  # what is known of the engine is about the builder without BuildKit
    for component, version in versions.items():
        if not version or numbers(version) is None:
            continue
        found = list(affecting(component, version))
        if not found:
            yield Finding(Result.OK, f"{version}: no known fault that builds can meet", about=component)
            continue
        names = ", ".join(name for one in found for name in one.names)
        needed = max((one.mended(version) for one in found), key=lambda one: numbers(one) or ())
        packages = _OF_DISTRIBUTIONS if of_distribution(version) else _PACKAGES
        fix = _newer_buildx(facts)
        if component != "buildx":
            fix = mending.newer_package(packages[component], facts.machine.system)
        seen = f"{version} is older than {needed}, which mends {names}"
        if of_distribution(version):
            seen += "; a distribution made it, which may have mended it without a new number"
            yield Finding(Result.UNKNOWN, seen, fix, component, found[0].what)
        else:
            yield Finding(Result.WARNING, seen, fix, component, f"{found[0].what} ({found[0].source})")


def _store(facts: Facts) -> Iterator[Finding]:
    docker, plan = facts.engine, facts.plan
    if not docker.server or facts.driver != "docker":
        return
    if docker.containerd_store:
        yield Finding(Result.OK, "on")
        return
    fix = mending.containerd_store(facts.machine.system)
    if plan is None:
        yield Finding(Result.NOTE, "off", fix, why=_STORE_NEEDED)
        return
    needs = []
    if plan.multi_platform:
        needs.append(f"{plan.multi_platform[0]} is for several platforms")
    if plan.attests:
        needs.append(f"{plan.attests[0]} has attestations")
    backends = [backend for backend in plan.caches if backend != "inline"]
    if backends:
        needs.append(f"caches are of type {', '.join(backends)}")
    if not needs:
        yield Finding(Result.NOTE, "off; nothing here needs it", fix)
        return
    other = mending.new_builder(facts.machine.provider)
    yield Finding(Result.FAILURE, f"off, and {'; '.join(needs)}", f"{fix}\n# or a builder of its own:\n{other}")


_CHANGING = {
    "DOCKER_BUILDKIT": (r"0|false", Result.NOTE, "`docker build` uses the old builder; bake does not care"),
    "BUILDX_BAKE_FILE": (r".+", Result.WARNING, "bake reads these files instead of docker-bake.hcl"),
    "BUILDX_BAKE_ENTITLEMENTS_FS": (r"0|false", Result.WARNING, "bake does not check which folders targets read"),
    "BUILDX_NO_DEFAULT_ATTESTATIONS": (r"1|true", Result.NOTE, "images get no provenance unless a target asks for it"),
    "BAKEGEN_CACHE_FROM": (r".+", Result.WARNING, "bake takes it for the caches of the bake file"),
    "EXPERIMENTAL_BUILDKIT_SOURCE_POLICY": (r".+", Result.NOTE, "sources are replaced or refused by this policy"),
    "BUILDX_EXPERIMENTAL": (r"1|true", Result.NOTE, "experimental features of buildx are on"),
    "SOURCE_DATE_EPOCH": (r".+", Result.NOTE, "files and images get this time"),
    "BUILDKIT_HOST": (r".+", Result.NOTE, "only buildctl reads it; buildx does not"),
}
"""Variables that change what builds do. Source: "Build variables" at docs.docker.com."""


def _variables(facts: Facts) -> Iterator[Finding]:
    found = False
    for name, (pattern, result, why) in _CHANGING.items():
        value = facts.environ.get(name, "")
        if value and re.fullmatch(pattern, value, re.IGNORECASE | re.DOTALL):
            found = True
            yield Finding(result, f"{name} is set", f"unset {name}", name, why)
    if not found:
        yield Finding(Result.OK, "no variable is set that changes what bake does")


def _builder(facts: Facts) -> Iterator[Finding]:
    builder = facts.builder
    if not facts.engine.buildx or builder is None:
        return
    fix = mending.new_builder(facts.machine.provider)
    if isinstance(builder, Unseen):
        unset = "unset BUILDX_BUILDER" if facts.environ.get("BUILDX_BUILDER") else fix
        yield Finding(Result.FAILURE, builder.reason, unset)
        return
    named = ", by BUILDX_BUILDER" if facts.environ.get("BUILDX_BUILDER") == builder.name else ""
    told = f"{builder.name}, driver {builder.driver or 'unknown'}{named}"
    broken = [node for node in builder.nodes if node.error]
    if builder.error or (broken and len(broken) == len(builder.nodes)):
        if facts.engine.server:  # else the engine was said to be away
            error = builder.error or broken[0].error
            yield Finding(Result.FAILURE, f"{told}: {error}", mending.again(builder.name, facts.machine.provider))
        return
    idle = [node for node in builder.nodes if node.status not in ("running", "")]
    if idle and not broken:
        fix = f"docker buildx inspect --bootstrap {builder.name}"
        yield Finding(Result.NOTE, f"{told}: not started yet, so that little is known of it", fix)
    elif broken:
        seen = f"{told}: {len(broken)} of {len(builder.nodes)} nodes do not answer: {broken[0].error}"
        yield Finding(Result.WARNING, seen, mending.again(builder.name, facts.machine.provider))
    else:
        yield Finding(Result.OK, told)


def buildkit(facts: Facts, version: str) -> tuple[str, bool]:
    """The version of a node's BuildKit, "" where nothing tells, and whether the engine's version told it."""
    if numbers(version) is not None:
        return version.removeprefix("v"), False
    if facts.driver == "docker":
        return buildkit_of_engine(facts.engine.server), True
    return "", False


def is_builder(facts: Facts) -> bool:
    """Whether something is known of the builder."""
    return isinstance(facts.builder, Builder) and not facts.builder.error


CHECKS = (
    Check("docker-client", GROUP, "whether docker is on PATH", "nothing can be built without it", _client),
    Check(
        "docker-engine", GROUP,
        "whether the engine answers, by DOCKER_HOST, the context or its socket; permissions, rootless",
        "it builds, or runs the builder", _reached,
    ),
    Check(
        "docker-buildx", GROUP,
        "buildx and its version against `min-buildx` and the attributes of the bake file",
        "it reads the bake file", _buildx,
    ),
    Check(
        "docker-builder", GROUP, "which builder is used, its driver, whether its nodes answer",
        "it decides what can be built and cached", _builder,
    ),
    Check(
        "docker-store", GROUP, "whether the engine has containerd's image store, where the driver is `docker`",
        "without it the driver can neither export caches nor make images for several platforms, nor attestations",
        _store,
    ),
    Check(
        "docker-fixes", GROUP, "buildx, containerd and runc against the table of security fixes below",
        "a build runs what Dockerfiles and base images say", _fixes,
    ),
    Check(
        "docker-variables", GROUP, "environment variables that change what bake does: " + ", ".join(_CHANGING),
        "a build is to do the same everywhere", _variables,
    ),
)  # fmt: skip
