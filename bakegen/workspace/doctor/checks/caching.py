"""Checks of what the builder keeps and hands on: caches, images, garbage collection."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bakegen.workspace.doctor import mending
from bakegen.workspace.doctor.checks.builder import GROUP
from bakegen.workspace.doctor.checks.engine import is_builder
from bakegen.workspace.doctor.findings import Check, Finding, Result

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from bakegen.workspace.doctor.model import Facts

_UNITS = {"B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}
_UNITS |= {"KIB": 2**10, "MIB": 2**20, "GIB": 2**30, "TIB": 2**40}
_SMALL = 2 * 2**30


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
        "builder-caches", GROUP,
        "whether the driver exports caches of the project's backends, and has what `gha`, `s3`, `azblob` need",
        "without its cache every build starts from the beginning", _caches,
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
