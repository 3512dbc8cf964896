"""Facts about this installation and its surroundings, fit to be pasted into a public report of a bug.

No value of a variable that may hold a secret or a name, no host name, no user's name: paths of the home folder begin
with ``~``. `local` asks no other process, `asked` does, with a time limit for each question.
"""

from __future__ import annotations

import contextlib
import json
import os
import platform
import re
import sys
from concurrent.futures import ThreadPoolExecutor
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from bakegen import __version__

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Facts = dict[str, dict[str, str]]
"""Section -> name -> value; what could not be learned says so in its value."""

_SECONDS = 10.0

_SHOWN = {
    *("CI", "NO_COLOR", "TERM", "COLORTERM", "COLUMNS", "LANG", "LC_ALL", "LC_CTYPE", "PYTHONUTF8", "PYTHONIOENCODING"),
    *("DOCKER_BUILDKIT", "BUILDKIT_PROGRESS", "BUILDX_NO_DEFAULT_ATTESTATIONS", "BAKEGEN_EVENT", "DOCKER_TLS_VERIFY"),
}
"""Variables whose value can be shown."""

_NAMED = re.compile(
    r"(BAKEGEN|DOCKER|BUILDX|BUILDKIT|COMPOSE|PYTHON|BAKE|OTEL|SSL_CERT|REQUESTS_CA|GIT)(_|$)\w*|(https?|no|all)_proxy|"
    r"SOURCE_DATE_EPOCH|SSH_AUTH_SOCK|(HTTPS?|NO|ALL)_PROXY",
    re.ASCII,
)
"""Variables that change what happens; of others not even the name is told."""

_EXTRA = re.compile(r"extra == ['\"]([\w-]+)")
_EXTRAS = {"zstd", "shellcheck", "frontend"}
"""The extras that change what bakegen does."""


def local(environ: Mapping[str, str]) -> Facts:
    """What is known without asking anybody: the installation, Python, the system, variables, the terminal."""
    return {
        "bakegen": {
            "version": __version__,
            "installed": _installed(),
            "python": f"{platform.python_implementation()} {platform.python_version()}",
            "platform": f"{platform.system()} {platform.release()} {platform.machine()}",
            "libc": _libc(),
            "container": "yes" if _in_container() else "no sign of one",
        },
        "dependencies": dict(_dependencies()),
        "surroundings": {
            "ci": _provider(environ),
            "terminal": "yes" if sys.stdout.isatty() else "no",
            "encoding": f"{sys.stdout.encoding}, files {sys.getfilesystemencoding()}",
        },
        "variables": dict(_variables(environ)),
    }


def asked(seconds: float = _SECONDS) -> Facts:
    """What git and docker say of themselves, asked side by side; each answer may take `seconds`."""
    from bakegen.workspace.doctor.asking import ask_builder, ask_docker

    with ThreadPoolExecutor() as pool:
        commit, git = pool.submit(_commit), pool.submit(_git)
        docker, builder = pool.submit(ask_docker, seconds), pool.submit(ask_builder, None, seconds)
        found = docker.result()
        facts: Facts = {"tools": {"git": git.result()}}
        facts["tools"]["docker client"] = found.client or "not there"
        facts["tools"]["docker engine"] = found.server or _unreached(found.problem)
        facts["tools"] |= found.components
        if found.server:
            facts["tools"]["image store"] = "containerd" if found.containerd_store else "graph drivers"
            facts["tools"]["rootless"] = "yes" if found.rootless else "no"
        facts["tools"]["buildx"] = found.buildx or "not there"
        facts["tools"]["builder"] = _builder(builder.result()) if found.buildx else "not there"
        if text := commit.result():
            facts["bakegen"] = {"commit": text}
    return facts


def _unreached(problem: str) -> str:
    """Why an engine was not reached, where that names no host."""
    near = "unix://" in problem or problem.startswith("no answer within")
    return f"not reached: {_hidden(problem)}" if near else "not reached"


def _builder(found: object) -> str:
    from bakegen.workspace.doctor.model import Builder

    if not isinstance(found, Builder):
        return "unknown: buildx does not tell"
    # Its name is somebody's own choice, and its nodes' endpoints are hosts.
    versions = dict.fromkeys(node.version or f"unknown ({node.status or 'no answer'})" for node in found.nodes)
    return f"{found.driver or 'unknown driver'}, BuildKit {', '.join(versions) or 'unknown'}"


def markdown(facts: Facts) -> str:
    """The facts as a table for an issue; the order is that of `facts`."""
    lines = ["| what | value |", "| --- | --- |"]
    for section, values in facts.items():
        for name, value in values.items():
            shown = f"`{name}`" if section == "variables" else "bakegen" if name == "version" else name
            lines.append(f"| {shown} | {_cell(value)} |")
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _installed() -> str:
    """How bakegen came here, in a few words; no path but that of an editable checkout."""
    try:
        found = metadata.distribution("bakegen")
    except metadata.PackageNotFoundError:
        return "not as a package: run from its source"
    by = (found.read_text("INSTALLER") or "").strip() or "an unknown installer"
    prefix = Path(sys.prefix)
    if (prefix / "pipx_metadata.json").exists():
        by = "pipx"
    elif (prefix / "uv-receipt.toml").exists():
        by = "uv tool"
    where = "" if by in ("pipx", "uv tool") else ", in a virtual environment" if sys.prefix != sys.base_prefix else ""
    direct = {}
    with contextlib.suppress(ValueError):
        direct = json.loads(found.read_text("direct_url.json") or "{}")
    if direct.get("dir_info", {}).get("editable"):
        return f"editable by {by}{where}"
    kind = f"from {direct['vcs_info'].get('vcs', 'a repository')}" if "vcs_info" in direct else "a wheel"
    return f"{kind} by {by}{where}"


def _commit() -> str:
    """The commit of an editable checkout; "" where there is none."""
    from bakegen.workspace.git import GitProblem, git_facts

    root = Path(__file__).resolve().parents[2]
    if not (root / "pyproject.toml").exists():
        return ""
    with contextlib.suppress(GitProblem):
        found = git_facts(root, status=True)
        if found.revision is not None and found.root is not None and Path(found.root) == root:
            return found.revision[:12] + (", with changes" if found.dirty else "")
    return ""


def _git() -> str:
    from bakegen.workspace.git import Git, GitProblem

    try:
        return Git(Path()).line("--version").removeprefix("git version ")
    except GitProblem as problem:
        return f"unknown: {_hidden(str(problem))}"


def _libc() -> str:
    name, version = platform.libc_ver()
    if name:
        return f"{name} {version}"
    musl = next(Path("/lib").glob("ld-musl-*.so.1"), None) if Path("/lib").is_dir() else None
    return "musl" if musl is not None else "unknown"


def _in_container() -> bool:
    return any(Path(path).exists() for path in ("/.dockerenv", "/run/.containerenv"))


def _dependencies() -> Iterator[tuple[str, str]]:
    """Each requirement, of extras as well where it is there, with its version."""
    try:
        wanted = metadata.requires("bakegen") or []
    except metadata.PackageNotFoundError:
        return
    for requirement in wanted:
        match, extra = re.match(r"[A-Za-z0-9._-]+", requirement), _EXTRA.search(requirement)
        if match is None or (extra is not None and extra[1] not in _EXTRAS):
            continue
        try:
            yield match[0], metadata.version(match[0])
        except metadata.PackageNotFoundError:
            if extra is None:
                yield match[0], "not there"


def _provider(environ: Mapping[str, str]) -> str:
    from bakegen.workspace.ci_providers import PROVIDERS

    known = next((name for name, sign, _ in PROVIDERS if environ.get(sign)), None)
    return known or ("one that bakegen does not know" if environ.get("CI") else "none")


def _variables(environ: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name in sorted(environ):
        if name in _SHOWN:
            yield name, _hidden(environ[name]) or "empty"
        elif _NAMED.fullmatch(name):
            yield name, "set" if environ[name] else "empty"


def _hidden(text: str) -> str:
    """`text` without the home folder and the user's name in paths, and without what looks like a secret."""
    from bakegen.building.masking import clean_line

    text = clean_line(text)
    home = os.path.expanduser("~")  # noqa: PTH111, it stays where there is no home
    if len(home) > 1:
        text = text.replace(home, "~")
    return re.sub(r"(/home/|/Users/)[^/\s:]+", "~", text)
