"""Checks of the builder: its BuildKit against what is used, platforms, caches, entitlements, garbage collection."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bakegen.dockerfile.platforms import PlatformError, normalized, parse_platform
from bakegen.workspace.doctor import mending
from bakegen.workspace.doctor.advisories import affecting
from bakegen.workspace.doctor.checks.engine import buildkit, is_builder
from bakegen.workspace.doctor.model import Builder, Check, Finding, Result
from bakegen.workspace.doctor.versions import buildkit_of_frontend, numbers, of_distribution, older

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from bakegen.workspace.doctor.model import Facts, Feature, Project

GROUP = "builder"
_FRONTEND = re.compile(r"(?:docker\.io/)?docker/dockerfile(?:-upstream)?:(.+?)(?:@.*)?")
_UNITS = {"B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}
_UNITS |= {"KIB": 2**10, "MIB": 2**20, "GIB": 2**30, "TIB": 2**40}
_SMALL = 2 * 2**30
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


def _caches(facts: Facts) -> Iterator[Finding]:
    """Whether caches can be exported, and what their backends ask of the environment."""
    plan = facts.plan
    if plan is None or not is_builder(facts):
        return
    exports = [node.features["Cache export"] for node in facts.nodes if "Cache export" in node.features]
    for backend, entries in plan.caches.items():
        able = not exports or all(exports)
        if facts.driver == "docker" and not exports:
            able = facts.engine.containerd_store
        if backend != "inline" and not able:
            if facts.driver != "docker":  # the store's own check says it for that driver
                yield Finding(
                    Result.FAILURE, f"the driver {facts.driver} exports no cache of type {backend}",
                    mending.new_builder(facts.machine.provider), backend,
                )  # fmt: skip
            continue
        missing, fix = _settings(facts, backend, dict(entries[0]))
        if missing:
            result = Result.FAILURE if plan.state.trusted and not plan.state.local else Result.WARNING
            yield Finding(result, missing, fix, backend)
        else:
            yield Finding(Result.OK, f"the driver {facts.driver} exports it", about=backend)


def _settings(facts: Facts, backend: str, entry: dict[str, str]) -> tuple[str, str]:
    """What a backend lacks in the environment, and what gives it. Source: docs.docker.com/build/cache/backends."""
    environ = facts.environ
    if backend == "gha":
        names = [name for name in ("ACTIONS_RUNTIME_TOKEN", "ACTIONS_RESULTS_URL") if not environ.get(name)]
        if names == ["ACTIONS_RESULTS_URL"] and environ.get("ACTIONS_CACHE_URL"):
            return "only the first version of the cache service is told, which was switched off", _EXPOSE
        return (f"{' and '.join(names)} not set", _EXPOSE) if names else ("", "")
    if backend == "s3":
        return _s3(environ, entry)
    if backend == "azblob" and not entry.get("account_url") and not environ.get(_AZURE):
        return "no account_url", f"export {_AZURE}=https://NAME.blob.core.windows.net"
    return "", ""


def _s3(environ: Mapping[str, str], entry: Mapping[str, str]) -> tuple[str, str]:
    given = (("AWS_BUCKET", "bucket"), ("AWS_REGION", "region"))
    names = [name for name, key in given if not entry.get(key) and not environ.get(name)]
    if names:
        return f"{' and '.join(names)} not set, nor given in `cache:`", "\n".join(f"export {name}=…" for name in names)
    if any(environ.get(name) for name in _AWS):
        return "", ""
    missing = "no AWS_ACCESS_KEY_ID or AWS_PROFILE here: only the machine's own role is left"
    return missing, "export AWS_ACCESS_KEY_ID=… AWS_SECRET_ACCESS_KEY=…"


_AWS = ("AWS_ACCESS_KEY_ID", "AWS_PROFILE", "AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE")
_AZURE = "BUILDKIT_AZURE_STORAGE_ACCOUNT_URL"
_EXPOSE = "- uses: crazy-max/ghaction-github-runtime@v3    # before the step that builds"


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
            yield Finding(Result.UNKNOWN, f"{where} asks for it; the builder's flags are not known", about=wish)
        else:
            yield Finding(Result.OK, "allowed", about=wish)


def _loads(facts: Facts) -> Iterator[Finding]:
    plan = facts.plan
    if plan is None or not plan.loads or facts.driver in ("", "docker"):
        return
    loads = [node for node in facts.nodes if any("load" in name and on for name, on in node.features.items())]
    if loads:
        yield Finding(Result.OK, "images are loaded into the engine")
    else:
        yield Finding(
            Result.NOTE, f"the driver {facts.driver} keeps images to itself unless they are pushed or loaded",
            "docker buildx bake --load",
        )  # fmt: skip


def _collection(facts: Facts) -> Iterator[Finding]:
    for node in facts.nodes:
        rules = [rule for rule in node.collect if "Filters" not in rule]
        if not rules:
            continue
        most = _bytes(rules[-1].get("Max Used Space") or rules[-1].get("Keep Bytes", ""))
        least = _bytes(rules[-1].get("Min Free Space", ""))
        about = node.name if len(facts.nodes) > 1 else ""
        free = facts.engine_free
        if free is not None and least and free < least:
            seen = f"{_size(free)} are free, and garbage collection keeps {_size(least)} free: caches go at once"
            yield Finding(Result.WARNING, seen, "docker system df\ndocker image prune", about)
        elif most and most < _SMALL:
            fix = "docker buildx inspect    # and raise maxUsedSpace in buildkitd.toml or builder.gc in daemon.json"
            yield Finding(Result.WARNING, f"garbage collection keeps {_size(most)} of caches", fix, about)
        else:
            seen = f"up to {_size(most)} are kept" if most else "nothing is told of its limits"
            yield Finding(Result.OK, seen, about=about)


def _bytes(text: str) -> int:
    match = re.fullmatch(r"([0-9.]+)\s*([KMGT]?i?B)", text.strip(), re.IGNORECASE)
    try:
        return int(float(match[1]) * _UNITS[match[2].upper()]) if match else 0
    except ValueError:
        return 0


def _size(count: int) -> str:
    return f"{count / 2**30:.1f} GiB"


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
        "builder-caches", GROUP,
        "whether the driver exports caches of the project's backends, and has what `gha`, `s3`, `azblob` need",
        "without its cache every build starts from the beginning", _caches,
    ),
    Check(
        "builder-entitlements", GROUP, "what targets and Dockerfiles ask for (`network.host`, `security.insecure`)",
        "a builder that does not allow it refuses the build", _entitlements,
    ),
    Check(
        "builder-load", GROUP, "whether images reach the engine where there is no registry to push to",
        "a built image that is nowhere cannot be run", _loads,
    ),
    Check(
        "builder-collection", GROUP, "limits of garbage collection against the disk's free space",
        "caches that are thrown away help nobody", _collection,
    ),
)  # fmt: skip
