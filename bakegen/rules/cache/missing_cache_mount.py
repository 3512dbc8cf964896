"""Rule CA307: a package manager downloads everything again, and its downloads stay in the layer."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.rules.cache._installs import PROJECT, SYSTEM, manifests
from bakegen.rules.model import Example, Kind, Rule
from bakegen.rules.offers import offered

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.rewrites.model import Proposal
    from bakegen.rules.calls import ShellCall
    from bakegen.rules.dockerfiles import DockerfileSubject
    from bakegen.rules.model import Finding

_OTHERS = ("mvn", "gradle", "gem", "cargo", "corepack")
_BUILDS = ("mvn", "gradle", "cargo", "go")
"""Programs that download what they build with."""
_TOOL_OF = {"pip3": "pip", "bundle": "bundler", "mvn": "maven", "apt-get": "apt", "yum": "dnf", "microdnf": "dnf"}
"""What the models call a program."""
_TOOLS = frozenset(("pip", "setuptools", "wheel", "virtualenv", "npm", "yarn", "pnpm", "poetry", "pipenv", "bundler"))
_FETCHING = frozenset(
    (
        *("install", "i", "ci", "add", "sync", "update", "download", "fetch", "build", "test", "get", "restore"),
        *("package", "compile", "verify", "dependency:go-offline", "run", "require"),
    )
)


def _check(subject: DockerfileSubject) -> Iterator[Finding]:
    if subject.settings.ephemeral:
        return
    # What is installed by name is installed once in a while, above what changes: only where builders are known to stay.
    kept = subject.settings.ephemeral is False
    programs = (*PROJECT, *_OTHERS, *(SYSTEM if kept else ()))
    calls: dict[int, ShellCall] = {}
    for call in subject.calls(*programs):
        fetches = call.sub in _FETCHING or call.name in ("yarn", *_BUILDS)
        fetches = fetches and (kept or call.name in _BUILDS or bool(manifests(call)))
        if fetches and not _is_small(call) and not any(mount.kind == "cache" for mount in call.run.mounts):
            first = calls.get(call.run.span.start)
            if first is None or call.span < first.span:
                calls[call.run.span.start] = call
    if not calls:
        return

    def message(proposal: Proposal) -> str:
        call = calls[proposal.span.start]
        return f"`{f'{call.name} {call.sub}'.strip()}` downloads everything again whenever this RUN is run again"

    yield from offered(
        subject,
        "cache-mount",
        "Mount a cache for its downloads",
        message,
        also=lambda proposal: proposal.span.start in calls and _concerns(proposal, calls[proposal.span.start]),
        mark=lambda proposal: calls[proposal.span.start].span,
    )


def _is_small(call: ShellCall) -> bool:
    """Whether a call fetches nothing but a tool or two."""
    names = [word.text.partition("==")[0] for word in call.operands()[1:]]
    return bool(names) and all(name in _TOOLS for name in names)


def _concerns(proposal: Proposal, call: ShellCall) -> bool:
    """Whether a proposal is about the tool of a call, and not only about others in the same RUN."""
    tool = _TOOL_OF.get(call.name, call.name)
    return re.search(rf"\b{re.escape(tool)}\b", proposal.reason) is not None


RULE = Rule(
    code="CA307",
    name="missing-cache-mount",
    summary="Keep the downloads of package managers in a cache mount",
    why="When one dependency changes, the RUN that installs runs again and downloads all of them. With `RUN "
    "--mount=type=cache,…` the package manager finds on the builder what it has downloaded before, and none of it is "
    "in a layer. Advice to switch the cache off (`pip --no-cache-dir`, `npm cache clean`) is right without a mount and "
    "defeats it with one: the fix takes such options away.\n\n"
    "Cache mounts stay on the builder and are in no exported cache. Where builders are new for each build they are of "
    "no use: say `ephemeral = true` and this rule is silent. What a project depends on is reported, and not what is "
    "installed by its name, which changes seldom; where builders are said to be kept (`ephemeral = false`), that too.",
    severity=Severity.NOTE,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example(
            "Python packages",
            "FROM python:3\nCOPY requirements.txt /\nRUN ⟦pip install -r /requirements.txt⟧\n",
            "FROM python:3\nCOPY requirements.txt /\n"
            "RUN --mount=type=cache,target=/root/.cache/pip,id=example-root-cache-pip "
            "pip install -r /requirements.txt\n",
            safe=False,
            files={"requirements.txt": "flask\n"},
            message="`pip install`",
        ),
        Example(
            "System packages, where builders are kept",
            "FROM debian\nRUN ⟦apt-get update⟧ && apt-get install -y curl\n",
            "FROM debian\nRUN --mount=type=cache,target=/var/cache/apt,sharing=locked,id=example-var-cache-apt \\\n"
            "    --mount=type=cache,target=/var/lib/apt/lists,sharing=locked,id=example-var-lib-apt-lists \\\n"
            "    apt-get update && apt-get -o Dir::Cache::Archives=/var/cache/apt/kept install -y curl\n",
            safe=False,
            settings={"ephemeral": False},
        ),
        Example("A tool by its name", "FROM python:3\nRUN pip install awscli\n"),
        Example("System packages else", "FROM debian\nRUN apt-get update && apt-get install -y curl\n"),
        Example(
            "Builders are new each time",
            "FROM python:3\nCOPY requirements.txt /\nRUN pip install -r /requirements.txt\n",
            settings={"ephemeral": True},
        ),
        Example(
            "It has one",
            "FROM python:3\nCOPY r.txt /\nRUN --mount=type=cache,target=/root/.cache/pip pip install -r /r.txt\n",
        ),
    ),
    words=(*PROJECT, *_OTHERS, *SYSTEM),
)
