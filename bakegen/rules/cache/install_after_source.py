"""Rule CA304: packages that need no file of the project are installed below a COPY of its files."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.dockerfile.instructions import Run, Transfer
from bakegen.rules.cache._installs import PROJECT, SYSTEM, installs_packages, manifests
from bakegen.rules.cache._stages import destination, from_context, shown, takes_all
from bakegen.rules.cache._understood import may_be_understood
from bakegen.rules.model import Example, Finding, Kind, Rule
from bakegen.rules.offers import chosen, fix_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.dockerfile import Stage
    from bakegen.rewrites.model import Proposal
    from bakegen.rules.calls import ShellCall
    from bakegen.rules.dockerfiles import DockerfileSubject

_OWN = re.compile(r"/(?:usr/(?:local/)?src|var/www|root|opt|srv|home|app|workspace|code|src|data)(?:/.*)?|/[\w.-]+")
_SYSTEMS = re.compile(r"/(?:etc|usr|var|bin|sbin|lib|lib32|lib64|dev|proc|sys|run|boot)")
_QUIET = frozenset(("set", "export", "echo", "mkdir", "true", "cd"))


def _check(subject: DockerfileSubject) -> Iterator[Finding]:
    for stage in subject.stages:
        copies = list(from_context(stage))
        if not copies:
            continue
        runs = [
            (index, one, calls[0])
            for index, one in enumerate(stage.commands)
            if isinstance(one, Run) and index > copies[0][0] and (calls := _installers(subject, one))
        ]
        if not runs:
            continue
        may_move = any(may_be_understood(subject, run) for _, run, _ in runs)
        offers = {one.span: one for one in chosen(subject, "hoist-install")} if may_move else {}
        for index, run, call in runs:
            above = [one for at, one in copies if at < index]
            proposal = offers.get(run.span)
            if proposal is not None:
                yield _finding(subject, call, _crossed(above, proposal), proposal)
            elif _is_sure(subject, stage, index, above):
                parts = {one.span: one for one in chosen(subject, "split-run")} if may_move else {}
                yield _finding(subject, call, above[-1], parts.get(run.span))


def _installers(subject: DockerfileSubject, run: Run) -> list[ShellCall]:
    """The calls of a RUN that install what is no part of the project, the first install in front."""
    calls = subject.script(run).calls
    known = [call for call in calls if call.name in SYSTEM or (call.name in PROJECT and not manifests(call))]
    return [call for call in known if call.sub in ("install", "add", "i", "groupinstall")]


def _crossed(above: list[Transfer], proposal: Proposal) -> Transfer:
    """The COPY that the install moves above, or the last one."""
    at = min(edit.span.start for edit in proposal.edits)
    return next((one for one in above if one.node.start >= at), above[-1])


def _is_sure(subject: DockerfileSubject, stage: Stage, index: int, above: list[Transfer]) -> bool:
    """Whether a RUN begins with an install by names, and all of the project stands right above it, out of its way.

    What else the RUN does need not be understood: the install can have a RUN of its own.
    """
    run, copy = stage.commands[index], above[-1]
    assert isinstance(run, Run)
    between = stage.commands[stage.commands.index(copy) + 1 : index]
    if not takes_all(copy) or any(isinstance(one, Run | Transfer) for one in between):
        return False
    if any(mount.kind == "bind" for mount in run.mounts):
        return False
    path = destination(subject, stage, copy)
    if path is None or not _OWN.fullmatch(path) or _SYSTEMS.fullmatch(path):
        return False
    for call in subject.script(run).calls:
        if call.name in SYSTEM:
            if not installs_packages(call):
                return False
            if call.sub in ("install", "add"):
                return True
        elif call.name not in _QUIET:
            return False
    return False


def _finding(subject: DockerfileSubject, call: ShellCall, copy: Transfer, proposal: Proposal | None) -> Finding:
    what = (
        "Install above the COPY" if proposal is None or proposal.rewrite == "hoist-install" else "Split the RUN first"
    )
    fix = fix_of(proposal, what) if proposal is not None else None
    several = takes_all(copy) or any(source.text.endswith("/") or "." not in source.text for source in copy.sources)
    return Finding(
        call.span,
        f"`{call.name} {call.sub}` needs nothing of `{shown(subject, copy)}` and runs again whenever that changes",
        f"install in a RUN above line {copy.node.line}",
        ((copy.span, "what changes"),),
        fix,
        severity=None if several else Severity.NOTE,
    )


RULE = Rule(
    code="CA304",
    name="install-after-source",
    summary="Install packages above the COPY of files that they do not need",
    why="Everything below a COPY runs again when a file that it takes has changed. Packages of the system, and tools "
    "that are installed by name, need nothing of the project: above the COPY their layer stays.\n\n"
    "It is right to install below where what is copied decides about it: sources of packages, certificates, a list of "
    "names, a package that is itself in the project. Reported is only what surely does not depend on it.",
    severity=Severity.WARNING,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example(
            "System packages below the project",
            "FROM debian\nCOPY . /app\nRUN apt-get update && ⟦apt-get install -y curl⟧\n",
            "FROM debian\nRUN apt-get update && apt-get install -y curl\nCOPY . /app\n",
            safe=False,
            message="`COPY . /app`",
        ),
        Example(
            "Whatever else the RUN does, the install can have one of its own",
            "FROM debian\nWORKDIR /srv/app\nCOPY . .\nRUN apt-get update && ⟦apt-get install -y gcc⟧ && ./configure\n",
        ),
        Example("Above", "FROM debian\nRUN apt-get update && apt-get install -y curl\nCOPY . /app\n"),
        Example(
            "What is copied may be sources of packages",
            "FROM debian\nCOPY sources.list /etc/apt/\nRUN apt-get update && apt-get install -y curl\n",
        ),
        Example(
            "The names are in the project", "FROM debian\nCOPY . /app\nRUN apt-get install -y $(cat /app/packages)\n"
        ),
        Example(
            "A script may prepare the install",
            "FROM debian\nCOPY . /app\nRUN /app/keys.sh\nRUN apt-get update && apt-get install -y curl\n",
        ),
        Example("A package of the project", "FROM debian\nCOPY . /app\nRUN apt-get install -y /app/tool.deb\n"),
    ),
    words=("install", "apk "),
)
