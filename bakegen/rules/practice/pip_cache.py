"""Rule DF273: pip's cache stays in the image."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.rules.model import Example, Finding, Fix, Kind, Rule
from bakegen.rules.practice._commands import (
    behind,
    mounted,
    named_in,
    put_behind,
    removes,
    script_of,
    shipped,
    tidied,
)
from bakegen.rules.practice._pip import CACHE, PipInstall, installs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.rules.calls import ShellCall
    from bakegen.rules.dockerfiles import DockerfileSubject

_OFF = frozenset(("--no-cache-dir", "--no-cache", "--cache-dir", "--dry-run", "--no-index", "--help", "-h"))


def _check(subject: DockerfileSubject) -> Iterator[Finding]:
    if named_in(subject, "pip.conf", "global.no-cache-dir", "install.no-cache-dir"):
        return  # pip is configured in a place that is not looked at
    for install in installs(subject):
        call = install.call
        if install.options & _OFF or (not install.operands and not install.options & {"-r", "--requirement", "-e"}):
            continue
        if _switched_off(subject, call) or _emptied(subject, call) or _mounted(subject, call):
            continue
        if not shipped(subject, call):
            continue
        yield Finding(
            install.verb.span,
            "pip's cache of what it downloads and builds stays in the image",
            "add --no-cache-dir, or mount a cache on the directory",
            fix=_fix(install),
        )


def _fix(install: PipInstall) -> Fix | None:
    why = "later commands download again what they would have found in the cache; a cache mount serves better"
    return put_behind(install.verb, install.call, "--no-cache-dir", "Add --no-cache-dir", why)


def _mounted(subject: DockerfileSubject, call: ShellCall) -> bool:
    if "pip_cache_dir" in subject.lower or "xdg_cache_home" in subject.lower:
        return any(mount.kind in ("cache", "tmpfs") for mount in call.run.mounts)
    return mounted(subject, call.run, CACHE)


def _switched_off(subject: DockerfileSubject, call: ShellCall) -> bool:
    if "pip_no_cache_dir" not in subject.lower:
        return False
    step = subject.steps.get(call.run)
    if step is None or step.environment.get("PIP_NO_CACHE_DIR") is not None:
        return True
    # As `PIP_NO_CACHE_DIR=1 pip install` or exported before it.
    return "PIP_NO_CACHE_DIR" in call.run.node.logical or any(
        "PIP_NO_CACHE_DIR" in heredoc.body for heredoc in call.run.heredocs
    )


def _emptied(subject: DockerfileSubject, call: ShellCall) -> bool:
    script = script_of(subject, call)
    return tidied(script, call) or any(
        removes(one, CACHE)
        or (one.name.startswith("pip") and one.texts[:2] in (("cache", "purge"), ("cache", "remove")))
        for one in behind(script, call)
    )


RULE = Rule(
    code="DF273",
    name="pip-cache",
    summary="Leave pip's cache out of the image",
    why="pip keeps what it downloads and the wheels that it builds in `~/.cache/pip`. In a layer they are weight that "
    "nothing reads.\n\nThe better way is not to switch the cache off but to keep it where builds find it again: "
    "`RUN --mount=type=cache,target=/root/.cache/pip pip install …` leaves nothing in the image, and the next build "
    "downloads only what is new. With such a mount (or a tmpfs) nothing is reported here, and `--no-cache-dir` would "
    "be wrong. Without one, use `--no-cache-dir`, or set `PIP_NO_CACHE_DIR`.\n\nNothing is reported in stages that the "
    "last one is not built FROM: what is not copied out of them is in no image. Nor where the RUN empties the cache, "
    "or where a `pip.conf` is at work.",
    severity=Severity.WARNING,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example(
            "The cache stays",
            "FROM python:3.13\nRUN pip ⟦install⟧ -r requirements.txt\n",
            "FROM python:3.13\nRUN pip install --no-cache-dir -r requirements.txt\n",
            safe=False,
        ),
        Example(
            "As a module",
            "FROM python:3.13\nRUN python -m pip ⟦install⟧ flask==3.1.0\n",
            "FROM python:3.13\nRUN python -m pip install --no-cache-dir flask==3.1.0\n",
            safe=False,
        ),
        Example(
            "A mount elsewhere",
            "FROM python:3.13\nRUN --mount=type=cache,target=/var/cache/apt pip ⟦install⟧ flask==3.1.0\n",
            "FROM python:3.13\nRUN --mount=type=cache,target=/var/cache/apt pip install --no-cache-dir flask==3.1.0\n",
            safe=False,
        ),
        Example("Switched off", "FROM python:3.13\nRUN pip install --no-cache-dir flask==3.1.0\n"),
        Example("Switched off for good", "FROM python:3.13\nENV PIP_NO_CACHE_DIR=1\nRUN pip install flask==3.1.0\n"),
        Example(
            "A cache mount",
            "FROM python:3.13\nRUN --mount=type=cache,target=/root/.cache/pip pip install flask==3.1.0\n",
        ),
        Example(
            "A cache mount above it, by a variable",
            "FROM python:3.13\nARG CACHE=/root/.cache\nRUN --mount=type=cache,target=$CACHE pip install flask==3.1.0\n",
        ),
        Example("Emptied", "FROM python:3.13\nRUN pip install flask==3.1.0 && rm -rf ~/.cache\n"),
        Example(
            "Only the packages are taken from the stage",
            "FROM python:3.13 AS build\nRUN pip install --prefix=/out flask==3.1.0\nFROM python:3.13-slim\n"
            "COPY --from=build /out /usr/local\n",
        ),
    ),
    twins=("hadolint:DL3042",),
    words=("pip",),
)
