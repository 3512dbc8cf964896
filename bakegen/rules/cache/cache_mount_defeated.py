"""Rule CA332: a package manager is told to use no cache where one is mounted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.rules.cache._mounts import PIP, cache_mounts
from bakegen.rules.model import Example, Finding, Fix, Kind, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.rules.cache._mounts import CacheMount
    from bakegen.rules.calls import ShellCall
    from bakegen.rules.dockerfiles import DockerfileSubject

_APK = ("/var/cache/apk", "/etc/apk/cache")
_YES = ("1", "true", "on", "yes", "y", "t")


def _tool(call: ShellCall) -> str:
    """The package manager of a call that knows an option against its cache; "" for others."""
    if PIP.fullmatch(call.name):
        return "pip"
    if call.name.startswith("python") and call.texts[:2] == ("-m", "pip"):
        return "pip"
    return call.name if call.name in ("uv", "apk") else ""


def _is_its_own(tool: str, target: str) -> bool:
    """Whether a tool keeps its cache in a directory, or below it."""
    if tool == "apk":
        return target in _APK
    return target.endswith((f"/.cache/{tool}", "/.cache"))


def _options(one: CacheMount, subject: DockerfileSubject) -> Iterator[Finding]:
    from bakegen.rewrites.runs import drop_span

    for call in one.script.calls:
        tool = _tool(call)
        if not tool or not _is_its_own(tool, one.target):
            continue
        word = call.option("--no-cache-dir") if tool == "pip" else call.option("--no-cache")
        if word is None or word.text not in ("--no-cache-dir", "--no-cache"):
            continue
        edits = drop_span(subject.dockerfile, one.run, word.span) if tool != "apk" else None
        why = f"{tool} may take what it downloaded or built for an earlier build"
        fix = Fix(edits, f"Drop {word.text}", False, why) if edits else None
        yield Finding(
            word.span,
            f"{word.text} switches the cache off that is mounted at {one.target}",
            "write --update-cache in its place" if tool == "apk" else "drop it",
            ((one.mount.span, "of no use"),),
            fix,
        )


def _variables(one: CacheMount) -> Iterator[Finding]:
    if one.step is None:
        return
    tools = {_tool(call) for call in one.script.calls}
    for tool, name in (("pip", "PIP_NO_CACHE_DIR"), ("uv", "UV_NO_CACHE")):
        if tool not in tools or not _is_its_own(tool, one.target) or name in one.run.node.logical:
            continue
        if (one.step.environment.get(name) or "").lower() in _YES:
            message = f"{name} switches the cache off that is mounted at {one.target}"
            yield Finding(one.mount.span, message, f"do not set {name}")


def _check(subject: DockerfileSubject) -> Iterator[Finding]:
    for one in cache_mounts(subject):
        if one.target:
            yield from _options(one, subject)
            yield from _variables(one)


_PIP = "RUN --mount=type=cache,target=/root/.cache/pip pip install "

RULE = Rule(
    code="CA332",
    name="cache-mount-defeated",
    summary="Let a package manager use the cache that is mounted for it",
    why="`--no-cache-dir` and the like are for layers: what a package manager leaves behind there is shipped with the "
    "image. A cache mount is in no layer, so there is nothing to save, and with the option the mount stays empty: all "
    "packages are downloaded again in every build. Linters that want `--no-cache-dir` or `apk add --no-cache` "
    "everywhere do not see the mount.\n\n"
    "The fix is not called safe, because with a cache pip may install a wheel that it built in an earlier build. For "
    "apk the option also means that the index is fetched anew: `--update-cache` says that alone.",
    severity=Severity.WARNING,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example(
            "pip",
            f"FROM python\n{_PIP}⟦--no-cache-dir⟧ flask\n",
            f"FROM python\n{_PIP}flask\n",
            safe=False,
        ),
        Example(
            "uv, with all of ~/.cache mounted",
            "FROM python\nRUN --mount=type=cache,target=/root/.cache \\\n    uv pip install ⟦--no-cache⟧ \\\n"
            "    flask\n",
            "FROM python\nRUN --mount=type=cache,target=/root/.cache \\\n    uv pip install \\\n    flask\n",
            safe=False,
        ),
        Example(
            "apk, which would need another option",
            "FROM alpine\nRUN --mount=type=cache,target=/etc/apk/cache,sharing=locked apk add ⟦--no-cache⟧ curl\n",
        ),
        Example(
            "A variable",
            "FROM python\nENV PIP_NO_CACHE_DIR=1\nRUN --mount=⟦type=cache,target=/root/.cache/pip⟧ pip install flask\n",
            message="PIP_NO_CACHE_DIR",
        ),
        Example("Without a mount it is right", "FROM python\nRUN pip install --no-cache-dir flask\n"),
        Example(
            "The mount is that of another tool",
            "FROM python\nRUN --mount=type=cache,target=/root/.npm pip install --no-cache-dir flask && npm ci\n",
        ),
        Example("Not switched off", f"FROM python\nENV PIP_NO_CACHE_DIR=0\n{_PIP}flask\n"),
    ),
    words=("type=cache",),
    links=("https://pip.pypa.io/en/stable/topics/caching/",),
)
