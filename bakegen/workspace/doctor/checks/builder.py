"""Checks of the builder: its BuildKit against what is used, platforms, caches, entitlements, garbage collection."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bakegen.dockerfile.platforms import PlatformError, normalized, parse_platform
from bakegen.workspace.doctor import mending
from bakegen.workspace.doctor.advisories import affecting
from bakegen.workspace.doctor.checks.engine import buildkit, is_builder
from bakegen.workspace.doctor.findings import Check, Finding, Result
from bakegen.workspace.doctor.model import Builder
from bakegen.workspace.doctor.versions import buildkit_of_frontend, numbers, of_distribution, older

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.workspace.doctor.model import Facts, Feature, Project

GROUP = "builder"
_FRONTEND = re.compile(r"(?:docker\.io/)?docker/dockerfile(?:-upstream)?:(.+?)(?:@.*)?")
_INSECURE = "security.insecure"


def _version(facts: Facts) -> Iterator[Finding]:
    """BuildKit of every node against caches and Dockerfiles."""
    if not is_builder(facts):
        return
    plan = facts.plan
    needed, what = _needed(plan) if plan is not None else ("", "")
    for node in facts.nodes:
        version, told = buildkit(facts, node.version)
        about = node.name if len(facts.nodes) > 1 else ""
        if node.error or (not version and node.status not in ("running", "")):
            continue
        by = f" (by Docker Engine {facts.engine.server})" if told else ""
        if not version:
            told_as = node.version or "no version"
            yield Finding(
                Result.UNKNOWN, f"the node says {told_as}; {needed or 'nothing newer'} is needed", about=about
            )
        elif needed and older(version, needed):
            yield Finding(Result.FAILURE, f"BuildKit {version}{by}, and {what} needs {needed}", _newer(facts), about)
        else:
            reason = f", {needed} is needed ({what})" if needed else ""
            yield Finding(Result.OK, f"BuildKit {version}{by}{reason}", about=about)


def _needed(plan: Project) -> tuple[str, str]:
    """The oldest BuildKit that knows all that is used, and what asks for it."""
    wishes = [(since, name) for name, since in plan.backend_fields.items()]
    if not any(_named(syntax) for syntax in plan.syntaxes):  # else the frontend comes as an image
        wishes += [(buildkit_of_frontend(one.since), str(use)) for one, use in plan.features.items()]
    if plan.attests:
        wishes.append(("0.11", f"attest of target {plan.attests[0]}"))
    return max(wishes, key=lambda one: numbers(one[0]) or (), default=("", ""))


def _named(syntax: str) -> str:
    match = _FRONTEND.fullmatch(syntax)
    return match[1] if match else ""


def _frontend(facts: Facts) -> Iterator[Finding]:
    """Flags of Dockerfiles against the frontends that ``# syntax=`` names."""
    plan = facts.plan
    if plan is None or not plan.count:
        return
    for syntax, where in plan.syntaxes.items():
        tag = _named(syntax)
        if not tag:
            yield Finding(
                Result.NOTE, f"BuildKit pulls and runs it to read {where}", about=syntax,
                why="a frontend may do whatever a build may; use one that is trusted, by digest",
            )  # fmt: skip
            continue
        missing = [(one, use) for one, use in plan.features.items() if _lacks(tag, one)]
        if missing:
            feature, use = missing[0]
            wanted = "1-labs" if feature.labs else "1"
            fix = f"# syntax=docker/dockerfile:{wanted}"
            yield Finding(Result.WARNING, f"{use} needs {feature.since}, and {where} asks for {syntax}", fix, syntax)
        else:
            yield Finding(Result.OK, "has every flag that is used", about=syntax)
    if not plan.syntaxes:
        yield Finding(Result.OK, "no file names a frontend: BuildKit's own reads them")


def _lacks(tag: str, feature: Feature) -> bool:
    if feature.labs:
        return "labs" not in tag
    version = tag.partition("-")[0]
    # `1` is the newest of its line, `1.7` may be older than what is used.
    return "." in version and bool(older(version, feature.since))


def _fixes(facts: Facts) -> Iterator[Finding]:
    if not is_builder(facts):
        return
    for node in facts.nodes:
        version, told = buildkit(facts, node.version)
        if not version:
            continue
        found = list(affecting("buildkit", version))
        about = node.name if len(facts.nodes) > 1 else ""
        by = f" (by Docker Engine {facts.engine.server})" if told else ""
        if not found:
            yield Finding(Result.OK, f"BuildKit {version}{by}: no known fault that builds can meet", about=about)
            continue
        needed = max((one.mended(version) for one in found), key=lambda one: numbers(one) or ())
        names = ", ".join(name for one in found for name in one.names)
        seen = f"BuildKit {version}{by} is older than {needed}, which mends {names}"
        why = f"{found[0].what} ({found[0].source})"
        if told and of_distribution(facts.engine.server):
            seen += "; a distribution made the engine, which may have mended it without a new number"
            yield Finding(Result.UNKNOWN, seen, _newer(facts), about, why)
        else:
            yield Finding(Result.WARNING, seen, _newer(facts), about, why)


def _newer(facts: Facts) -> str:
    builder = facts.builder
    if isinstance(builder, Builder) and builder.driver == "docker-container":
        return mending.again(builder.name, facts.machine.provider)
    return mending.new_builder(facts.machine.provider)


def _platforms(facts: Facts) -> Iterator[Finding]:
    plan = facts.plan
    built = [one for node in facts.nodes for one in node.platforms]
    if plan is None or not is_builder(facts) or not built or not plan.platforms:
        return
    known = {_base(one) for one in built}
    missing = [one for one in plan.platforms if _base(one) not in known]
    if missing:
        seen = f"{plan.platforms[missing[0]]} is for {', '.join(missing)}; the builder has {', '.join(sorted(known))}"
        runs = next((plan.runs[one] for one in missing if one in plan.runs), "")
        if runs:
            seen += f"; {runs} runs there"
        else:
            seen += "; no step runs there"
        yield Finding(Result.FAILURE if runs else Result.NOTE, seen, mending.qemu(missing, facts.machine.provider))
    else:
        yield Finding(Result.OK, f"{', '.join(plan.platforms)}: all there")


def _base(platform: str) -> str:
    """A platform that a node must have: levels of amd64 are its own matter."""
    try:
        found = normalized(parse_platform(platform.removesuffix("*")))
    except PlatformError:
        return platform
    return f"{found.os}/amd64" if found.architecture == "amd64" else str(found)


def _entitlements(facts: Facts) -> Iterator[Finding]:
    plan = facts.plan
    if plan is None or not is_builder(facts):
        return
    for wish, where in plan.entitlements.items():
        if wish not in ("network.host", _INSECURE):
            continue
        if facts.driver == "docker":
            if wish == _INSECURE:
                fix = '"builder": {"Entitlements": {"security-insecure": true}}    # in /etc/docker/daemon.json'
                seen = f"{where} asks for it, and the engine allows it only by its settings"
                yield Finding(Result.UNKNOWN, seen, fix, wish)
            else:
                yield Finding(Result.OK, "the engine allows it unless its settings forbid it", about=wish)
            continue
        flag = f"--allow-insecure-entitlement={wish}"
        refusing = [node for node in facts.nodes if wish not in node.flags]
        if facts.driver == "docker-container" and refusing:
            name = facts.builder.name if isinstance(facts.builder, Builder) else ""
            fix = mending.again(name, facts.machine.provider, flag)
            yield Finding(Result.FAILURE, f"{where} asks for it, and the builder does not allow it", fix, wish)
        elif refusing:
            seen = f"{where} asks for it; the builder's flags are not known"
            yield Finding(Result.UNKNOWN, seen, f"buildkitd {flag}    # where the builder runs", wish)
        else:
            yield Finding(Result.OK, "allowed", about=wish)


CHECKS = (
    Check(
        "builder-buildkit", GROUP, "the BuildKit of every node against flags of Dockerfiles, cache fields, `attest`",
        "an older one refuses the build", _version,
    ),
    Check(
        "builder-frontend", GROUP, "`# syntax=` lines against the flags that Dockerfiles use",
        "an older frontend refuses flags that it does not know", _frontend,
    ),
    Check(
        "builder-fixes", GROUP, "BuildKit against the table of security fixes below",
        "it runs what Dockerfiles and frontends say", _fixes,
    ),
    Check(
        "builder-platforms", GROUP, "platforms of targets against those of the nodes",
        "steps of another architecture need a node of it, or QEMU", _platforms,
    ),
    Check(
        "builder-entitlements", GROUP, "what targets and Dockerfiles ask for (`network.host`, `security.insecure`)",
        "a builder that does not allow it refuses the build", _entitlements,
    ),
)  # fmt: skip
