"""Rule CA303: the whole project is copied before its dependencies are installed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.dockerfile.instructions import Run
from bakegen.rules.cache._installs import PROJECT, manifests
from bakegen.rules.cache._stages import from_context, line, shown, takes_all
from bakegen.rules.model import Example, Finding, Fix, Kind, Rule
from bakegen.rules.offers import chosen, fix_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.dockerfile import Stage
    from bakegen.dockerfile.instructions import Command
    from bakegen.rules.calls import ShellCall
    from bakegen.rules.dockerfiles import DockerfileSubject


def _check(subject: DockerfileSubject) -> Iterator[Finding]:
    for stage in subject.stages:
        copies = [(index, one) for index, one in from_context(stage) if takes_all(one)]
        if not copies:
            continue
        found = _first_install(subject, stage, copies[0][0])
        if found is None:
            continue
        run, call = found
        # The last one above the install: those before it would have been enough.
        copy = [one for index, one in copies if index < stage.commands.index(run)][-1]
        needed = manifests(call)
        if _is_all(subject, needed):
            continue
        fix = _fix(subject, run)
        words = shown(subject, copy)
        tool = " ".join((call.name, call.sub)).strip()
        yield Finding(
            copy.span,
            f"`{tool}` of line {call.run.node.line} runs again after a change of any file that `{words}` takes",
            f"copy only {' and '.join(needed)} before it, and the rest behind it",
            ((call.span, f"installs again whenever the {line(copy)} brings something new"),),
            fix,
        )


def _first_install(subject: DockerfileSubject, stage: Stage, after: int) -> tuple[Run, ShellCall] | None:
    """The first install of the project's dependencies, where none stands above the COPY at `after`."""
    for index, command in enumerate(stage.commands):
        if not isinstance(command, Run):
            continue
        calls = [call for call in subject.script(command).calls if call.name in PROJECT and manifests(call)]
        if calls:
            return (command, calls[0]) if index > after and not _bound(command) else None
    return None


def _bound(run: Run) -> bool:
    """Whether files come by mounts: the COPY may be there for something else."""
    return any(mount.kind == "bind" for mount in run.mounts)


def _is_all(subject: DockerfileSubject, needed: tuple[str, ...]) -> bool:
    """Whether the build context is known to hold nothing but what the install needs."""
    names = subject.context.children("") if subject.context is not None else None
    return names is not None and set(names) <= set(needed)


def _fix(subject: DockerfileSubject, run: Command) -> Fix | None:
    if subject.context is None:
        return None
    for proposal in chosen(subject, "manifests-first"):
        if proposal.span == run.span:
            return fix_of(proposal, "Copy the manifests, install, and copy the rest behind it")
    return None


_FILES = {"requirements.txt": "flask==3.0.0\n", "main.py": "import flask\n"}

RULE = Rule(
    code="CA303",
    name="copy-all-before-install",
    summary="Install dependencies before the sources are copied",
    why="A COPY has a new cache key when any file that it takes has changed, and everything below it runs again. With "
    "`COPY . .` above `npm ci` each change of a source file installs all dependencies again, most of the time of "
    "most builds. What an install depends on are a few manifests and lock files: copied alone, they make a layer that "
    "stays until one of them changes.\n\n"
    "Where the install runs scripts of the project itself, tell it not to (`npm ci --ignore-scripts`, `poetry install "
    "--no-root`, `uv sync --no-install-project`) and run them in a second step. It is right to leave the order alone "
    "where the image is built for the install only, or the context holds nothing but the manifests.",
    severity=Severity.WARNING,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example(
            "Node packages behind all of the sources",
            'FROM node:22\nWORKDIR /app\n⟦COPY . .⟧\nRUN npm ci\nCMD ["node", "main.js"]\n',
            message="`npm ci` of line 4",
        ),
        Example(
            "With the context at hand it can be mended",
            "FROM python:3\nWORKDIR /app\n⟦COPY . /app⟧\nRUN pip install -r requirements.txt\n",
            "FROM python:3\nWORKDIR /app\nCOPY requirements.txt /app/\n"
            "RUN pip install -r requirements.txt\nCOPY . /app\n",
            safe=False,
            files=_FILES,
        ),
        Example("Installed and built in one RUN", "FROM node\n⟦ADD ./ /app/⟧\nRUN cd /app && yarn && yarn build\n"),
        Example("Manifests first", "FROM node\nCOPY package*.json ./\nRUN npm ci\nCOPY . .\nRUN npm install\n"),
        Example("A package from elsewhere needs no manifest", "FROM node\nCOPY . .\nRUN npm install -g serve\n"),
        Example("The project itself is installed", "FROM python\nCOPY . /app\nRUN pip install /app\n"),
        Example(
            "There is nothing else", "FROM python\nCOPY . .\nRUN pip install -r r.txt\n", files={"r.txt": "flask\n"}
        ),
        Example("Only a part of the project", "FROM node\nCOPY web/package.json .\nRUN npm install\n"),
    ),
    words=PROJECT,
)
