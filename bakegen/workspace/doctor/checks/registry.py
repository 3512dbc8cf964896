"""Checks of registries: those that the project pushes to, and those of its base images."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.workspace.doctor import mending
from bakegen.workspace.doctor.asking_registries import NOT_LOGGED_IN
from bakegen.workspace.doctor.findings import Check, Finding, Result
from bakegen.workspace.registry_delete import elsewhere

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.workspace.doctor.model import Asked, Facts

GROUP = "registry"
_FEW_PULLS = 20


def _reached(facts: Facts) -> Iterator[Finding]:
    for one in facts.registries:
        if not one.read:
            yield Finding(Result.OK, "read" if one.there else "read; nothing is there yet", about=one.reference)
            continue
        provider = facts.machine.provider
        if _refuses(one.read):
            fix = mending.login(one.host, provider)
        elif "certificate" in one.read:
            fix = (
                f"sudo mkdir -p /etc/docker/certs.d/{one.host} && sudo cp ca.crt /etc/docker/certs.d/{one.host}/ca.crt"
            )
        else:
            fix = mending.check_address(one.host)
        result = Result.WARNING if one.base else Result.FAILURE
        why = "a base image that only the engine reaches can be built on, but not locked" if one.base else ""
        yield Finding(result, one.read, fix, one.reference, why)


def _there(facts: Facts) -> Iterator[Finding]:
    for one in facts.registries:
        if one.base and not one.read and one.there is False:
            fix = f"docker buildx imagetools inspect {one.reference}"
            yield Finding(Result.WARNING, "there is no such image", fix, one.reference)


def _refuses(reason: str) -> bool:
    return "(401)" in reason or "(403)" in reason or "token server" in reason


def _login(facts: Facts) -> Iterator[Finding]:
    hosts: dict[str, Asked] = {}
    for one in facts.registries:
        if one.host not in hosts or hosts[one.host].base:
            hosts[one.host] = one
    for host, one in hosts.items():
        if not one.login:
            yield Finding(Result.OK, "a login is there", about=host)
        elif one.login.endswith("is not installed"):
            program = one.login.removesuffix(" is not installed")
            fix = f"command -v {program} || docker logout {host}    # install it, or take it out of config.json"
            yield Finding(Result.WARNING, one.login, fix, host, "docker asks it for every login, and finds none")
        elif one.login != NOT_LOGGED_IN:
            yield Finding(Result.WARNING, one.login, mending.login(host, facts.machine.provider), host)
        elif one.write == "" or (one.base and not one.read):
            yield Finding(Result.OK, "nobody is logged in, and nothing here needs it", about=host)
        elif one.write is None and not one.base:
            yield Finding(Result.NOTE, one.login, mending.login(host, facts.machine.provider), host)


def _write(facts: Facts) -> Iterator[Finding]:
    plan = facts.plan
    writes = plan is not None and plan.state.trusted and not plan.state.local
    for one in facts.registries:
        if one.write is None or one.read:
            continue  # not tried, or said already
        if one.write:
            result = Result.FAILURE if writes else Result.NOTE
            why = "" if writes else "this run would not push; builds of trusted branches in CI do"
            yield Finding(result, one.write, mending.login(one.host, facts.machine.provider), one.reference, why)
        elif one.kept_open:
            seen = "an upload could be started; it could not be cancelled, the registry forgets it by itself"
            yield Finding(Result.OK, seen, about=one.reference)
        else:
            yield Finding(Result.OK, "an upload could be started; it was cancelled", about=one.reference)


def _deletes(facts: Facts) -> Iterator[Finding]:
    for one in facts.registries:
        if one.write != "" or one.base:
            continue
        other = elsewhere(one.host)
        if one.deletes is False:
            fix = "" if other else "set REGISTRY_STORAGE_DELETE_ENABLED=true where the registry runs"
            yield Finding(Result.NOTE, other or "refused", fix, one.reference)
        elif one.deletes:
            yield Finding(Result.OK, "allowed", about=one.reference)


def _limits(facts: Facts) -> Iterator[Finding]:
    told = [one for one in facts.registries if one.remaining is not None]
    if not told:
        return
    least = min(told, key=lambda one: one.remaining or 0)
    seen = f"{least.remaining} of {least.limit or '?'} pulls are left"
    if (least.remaining or 0) < _FEW_PULLS:
        yield Finding(Result.WARNING, seen, mending.login(least.host, facts.machine.provider), least.host)
    else:
        yield Finding(Result.NOTE if least.login else Result.OK, seen, about=least.host)


def _settings(facts: Facts) -> Iterator[Finding]:
    """Mirrors and registries without TLS, as the engine has them: bakegen asks without them."""
    config = facts.engine.info.get("RegistryConfig")
    if not isinstance(config, dict):
        return
    mirrors = config.get("Mirrors") or []
    if mirrors and any(one.host == "docker.io" for one in facts.registries):
        yield Finding(Result.NOTE, f"the engine asks a mirror for images of Docker Hub: {', '.join(map(str, mirrors))}")
    indexes = config.get("IndexConfigs")
    hosts = {one.host for one in facts.registries}
    for host, one in indexes.items() if isinstance(indexes, dict) else ():
        if isinstance(one, dict) and one.get("Secure") is False and host in hosts:
            seen = f"the engine takes {host} without TLS; bakegen asks it by https alone"
            yield Finding(Result.NOTE, seen, about=host)


CHECKS = (
    Check(
        "registry-read", GROUP,
        "each repository that is pushed to and each base image: name, network, TLS, login, right to read",
        "caches and base images are read from there", _reached,
    ),
    Check(
        "registry-image", GROUP, "whether base images are there", "a build begins with them", _there,
    ),
    Check(
        "registry-login", GROUP, "logins and the credential helpers that hold them",
        "most registries let nobody write without", _login,
    ),
    Check(
        "registry-write", GROUP,
        "whether an upload can be started in each repository that is pushed to; it is cancelled at once",
        "trusted builds push images and caches there", _write,
    ),
    Check(
        "registry-delete", GROUP, "whether manifests may be deleted (asked with a digest that no bytes have)",
        "`bakegen cache prune` deletes caches of branches that are gone", _deletes,
    ),
    Check(
        "registry-limits", GROUP, "how many pulls Docker Hub still allows",
        "a build that is refused a base image fails", _limits,
    ),
    Check(
        "registry-settings", GROUP, "mirrors and registries without TLS in the engine's settings",
        "the engine goes another way than bakegen's own questions", _settings,
    ),
)  # fmt: skip
