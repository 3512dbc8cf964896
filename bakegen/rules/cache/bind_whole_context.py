"""Rule CA345: an installation with the whole build context bound."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.dockerfile.instructions import Run
from bakegen.rules.cache._mounts import PIP
from bakegen.rules.model import Example, Finding, Kind, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.rules.calls import ShellCall
    from bakegen.rules.dockerfiles import DockerfileSubject

_ASIDE = frozenset(("cd", "mkdir", "set", "echo", "true", "ls", "export", "corepack", "apt-get", "apk", "rm"))
_INSTALLS = {
    "npm": ("ci",),
    "pnpm": ("install", "i", "fetch"),
    "yarn": ("", "install"),
    "go": ("mod",),
    "cargo": ("fetch",),
    "composer": ("install",),
    "bundle": ("", "install"),
}


def _installs(call: ShellCall) -> bool:
    """Whether a call installs what manifests name, and needs nothing else of the context."""
    if PIP.fullmatch(call.name):
        local = any(
            word.text.startswith((".", "/", "-e", "--editable")) and not word.text.endswith(".txt")
            for word in call.words
        )
        return call.sub == "install" and call.has("-r", "--requirement") and not local
    return call.sub in _INSTALLS.get(call.name, ()) and (call.name != "go" or "download" in call.texts)


def _check(subject: DockerfileSubject) -> Iterator[Finding]:
    for _, run in subject.each(Run):
        for mount in run.mounts:
            if mount.kind != "bind" or mount.source_stage or (mount.get("source") or ".") not in (".", "./", "/"):
                continue
            calls = subject.script(run).calls
            tools = [call.name for call in calls if _installs(call)]
            if not tools or any(call.name not in _ASIDE and not _installs(call) for call in calls):
                continue
            yield Finding(
                mount.span,
                f"{tools[0]} runs again when any file of the build context changes: all of it is bound here",
                "bind the manifests alone, each with source= and target=",
            )


RULE = Rule(
    code="CA345",
    name="bind-whole-context",
    summary="Bind only the manifests for an installation",
    why="What is bound from the build context is part of the RUN's cache key, as with a COPY: with "
    "`--mount=type=bind,target=.` every file counts, and every change of the sources has all dependencies installed "
    "again. `--mount=type=bind,source=package-lock.json,target=package-lock.json`, one for each manifest, lets only "
    "these count.\n\n"
    "For a build, which needs all sources, a bind mount of everything is fine. It is reported only for RUNs that do "
    "nothing but install. Local packages that a manifest refers to (workspaces, `file:`) must be bound, too.",
    severity=Severity.WARNING,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example("npm", "FROM node\nWORKDIR /app\nRUN --mount=⟦type=bind,target=.⟧ npm ci\n"),
        Example("pip", "FROM python\nRUN --mount=⟦source=.,target=/src⟧ cd /src && pip install -r requirements.txt\n"),
        Example("A build needs the sources", "FROM golang\nWORKDIR /src\nRUN --mount=target=. go build -o /app .\n"),
        Example(
            "The manifest alone",
            "FROM python\nRUN --mount=type=bind,source=requirements.txt,target=/r.txt pip install -r /r.txt\n",
        ),
        Example("Of a stage", "FROM node AS a\nFROM node\nRUN --mount=type=bind,from=a,target=/app npm ci\n"),
        Example("The project itself", "FROM python\nRUN --mount=target=/src cd /src && pip install -r r.txt .\n"),
    ),
    words=("--mount",),
    links=("https://docs.docker.com/reference/dockerfile/#run---mounttypebind",),
)
