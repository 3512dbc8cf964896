"""Rule CA362: the mounted cache is that of another tool."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.rules.cache._mounts import APK, APT, DNF, cache_mounts, inside, programs
from bakegen.rules.model import Example, Finding, Kind, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.rules.dockerfiles import DockerfileSubject

_NPM = frozenset(("npm", "npx"))
_ASIDE = frozenset(
    (
        "cd", "mkdir", "echo", "set", "ls", "cp", "mv", "rm", "true", "export", "ln", "touch", "chmod", "chown",
        "corepack", "printf", "cat", "test",
    )
)  # fmt: skip
# Directory (or its end) -> whose it is, and who may be taken for them, with the place of their own cache.
_CACHES: tuple[tuple[str, frozenset[str], dict[str, str]], ...] = (
    (
        "/root/.npm",
        _NPM,
        {
            "yarn": "/usr/local/share/.cache/yarn (classic) or /root/.yarn/berry/cache",
            "pnpm": "/root/.local/share/pnpm/store",
            "bun": "/root/.bun/install/cache",
        },
    ),
    ("/root/.cache/pip", frozenset(("pip", "pip3", "python", "python3")), {"uv": "/root/.cache/uv"}),
    ("/root/.cache/uv", frozenset(("uv", "uvx")), {"pip": "/root/.cache/pip", "pip3": "/root/.cache/pip"}),
    ("/usr/local/share/.cache", frozenset(("yarn",)), {"npm": "/root/.npm", "pnpm": "/root/.local/share/pnpm/store"}),
    ("/var/cache/apt", APT, {"apk": "/etc/apk/cache", "dnf": "/var/cache/dnf", "yum": "/var/cache/yum"}),
    ("/var/lib/apt", APT, {"apk": "/etc/apk/cache", "dnf": "/var/cache/dnf", "yum": "/var/cache/yum"}),
    ("/var/cache/apk", APK, dict.fromkeys(APT, "/var/cache/apt") | {"dnf": "/var/cache/dnf"}),
    ("/etc/apk/cache", APK, dict.fromkeys(APT, "/var/cache/apt") | {"dnf": "/var/cache/dnf"}),
    ("/var/cache/dnf", DNF, {"apk": "/etc/apk/cache", **dict.fromkeys(APT, "/var/cache/apt")}),
    ("/var/cache/yum", DNF, {"apk": "/etc/apk/cache", **dict.fromkeys(APT, "/var/cache/apt")}),
)


def _check(subject: DockerfileSubject) -> Iterator[Finding]:
    for one in cache_mounts(subject):
        if not one.target or one.script.tree is None or any(not call.name for call in one.script.calls):
            continue
        called = programs(one.script)
        for directory, owners, others in _CACHES:
            if not inside(one.target, directory) or called & owners:
                continue
            found = sorted(called & others.keys())
            # What is not known may use anything.
            if not found or called - _ASIDE - others.keys():
                continue
            yield Finding(
                one.mount.span,
                f"{found[0]} does not use {one.target}, which is the cache of {sorted(owners)[0]}",
                f"mount {others[found[0]]}",
            )
            break


RULE = Rule(
    code="CA362",
    name="cache-mount-of-other-tool",
    summary="Mount the cache of the tool that runs",
    why="Each package manager has a cache of its own: yarn and pnpm do not look at npm's `~/.npm`, uv does not look "
    "at pip's `~/.cache/pip`. With the wrong directory mounted the build works, and downloads everything each time "
    "into its layer. It is reported where a RUN calls nothing that could use the directory.",
    severity=Severity.WARNING,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example(
            "yarn with npm's cache",
            "FROM node\nRUN --mount=⟦type=cache,target=/root/.npm⟧ yarn install --immutable\n",
            message="yarn does not use /root/.npm",
        ),
        Example("apk with that of apt", "FROM alpine\nRUN --mount=⟦type=cache,target=/var/cache/apt⟧ apk add curl\n"),
        Example("Both are there", "FROM node\nRUN --mount=type=cache,target=/root/.npm npm i -g yarn@1 && yarn\n"),
        Example("A script may use it", "FROM node\nRUN --mount=type=cache,target=/root/.npm yarn && ./build.sh\n"),
        Example("The right one", "FROM python\nRUN --mount=type=cache,target=/root/.cache/uv uv sync\n"),
    ),
    words=("type=cache",),
)
