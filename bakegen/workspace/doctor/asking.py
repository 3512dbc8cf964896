"""Asks docker and buildx how they are: versions, the engine's facts, the builder that builds would use.

Sources: ``docker version``, ``docker info`` and ``docker buildx inspect`` of docker/cli and docker/buildx.
"""

from __future__ import annotations

import json
import re
import subprocess
import time
from datetime import datetime
from typing import TYPE_CHECKING

from bakegen.building.masking import clean_line
from bakegen.errors import EngineError
from bakegen.workspace.doctor.findings import Unseen
from bakegen.workspace.doctor.model import Builder, Docker, Node
from bakegen.workspace.engine import buildx_command

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_RULE = re.compile(r"GC Policy rule#\d+:")
_COLUMN = re.compile(r"([A-Za-z][\w ./-]*):(?:\s+(.*))?$")
_VERSION = re.compile(r"\bv?\d+\.\d+\S*")


def ask_docker(seconds: float) -> Docker:
    """Client, engine and buildx; an empty `Docker` where there is no docker. Each question gets `seconds`."""
    try:
        docker = buildx_command()[:-1]
    except EngineError as missing:
        return Docker(problem=str(missing))
    code, out, said = _run([*docker, "version", "--format", "{{json .}}"], seconds)
    found = _object(out)
    client, server = _mapping(found.get("Client")), _mapping(found.get("Server"))
    if not client and code != 0:
        return Docker(client="unknown", problem=said or f"docker version ends with {code}")
    before = time.time()
    _, told, _ = _run([*docker, "info", "--format", "{{json .}}"], seconds)
    after = time.time()
    info = _object(told)
    clock, doubt = _ahead(str(info.get("SystemTime") or ""), before, after)
    _, line, _ = _run([*docker, "buildx", "version"], seconds)
    versions = _VERSION.findall(line)
    return Docker(
        client=str(client.get("Version") or "unknown"),
        server=str(server.get("Version") or ""),
        components=_components(server),
        problem="" if server else said or "docker does not say why",
        info=info,
        clock=clock,
        doubt=doubt,
        buildx=versions[0].removeprefix("v") if versions else "",
    )


def ask_builder(builder: str | None, seconds: float) -> Builder | Unseen:
    """The builder called `builder`, or the one that buildx would take."""
    try:
        command = [*buildx_command(), "inspect", "--debug", *([] if builder is None else ["--", builder])]
    except EngineError as missing:
        return Unseen(str(missing))
    code, out, said = _run(command, seconds)
    if not out.strip():
        return Unseen(said or f"docker buildx inspect ends with {code}")
    return read_builder(out)


def read_builder(text: str) -> Builder:
    """What ``docker buildx inspect --debug`` prints, of any version; what is not known in it is left out."""
    head, _, rest = text.partition("\nNodes:")
    facts = _columns(head.splitlines())
    nodes = re.split(r"^(?=Name:)", rest, flags=re.MULTILINE)[1:]
    return Builder(
        facts.get("Name", ""), facts.get("Driver", ""), tuple(map(_node, nodes)), clean_line(facts.get("Error", ""))
    )


def _node(text: str) -> Node:
    top: list[str] = []
    features: dict[str, bool] = {}
    rules: list[dict[str, str]] = []
    section = ""
    for line in text.splitlines():
        if not line.startswith(" "):
            section = line.strip().removesuffix(":")
            if _RULE.match(line):
                section = "rule"
                rules.append({})
            top.append(line)
        elif section == "Features":
            name, _, value = line.strip().rpartition(":")
            features[name] = value.strip() == "true"
        elif section == "rule":
            rules[-1].update(_columns([line.strip()]))
    facts = _columns(top)
    platforms = tuple(one.strip().removesuffix("*") for one in facts.get("Platforms", "").split(",") if one.strip())
    return Node(
        name=facts.get("Name", ""),
        endpoint=facts.get("Endpoint", ""),
        status=facts.get("Status", ""),
        version=facts.get("BuildKit version") or facts.get("Buildkit", ""),
        error=clean_line(facts.get("Error", "")),
        platforms=platforms,
        flags=facts.get("BuildKit daemon flags") or facts.get("Flags", ""),
        options=facts.get("Driver Options", ""),
        features=features,
        collect=tuple(rules),
    )


def _columns(lines: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in lines:
        if match := _COLUMN.match(line):
            found.setdefault(match[1], (match[2] or "").strip())
    return found


def _components(server: Mapping[str, object]) -> dict[str, str]:
    listed = server.get("Components")
    found: dict[str, str] = {}
    for one in listed if isinstance(listed, list) else ():
        if isinstance(one, dict) and one.get("Name") in ("containerd", "runc"):
            found[str(one["Name"])] = str(one.get("Version") or "")
    return found


def _ahead(text: str, before: float, after: float) -> tuple[float | None, float]:
    """By how much the engine's clock is ahead, and how far that may be off; `text` is RFC 3339 with nanoseconds."""
    short = re.sub(r"\.(\d{1,6})\d*", r".\1", text)
    try:
        told = datetime.fromisoformat(short).timestamp()
    except ValueError:
        return None, 0.0
    return told - (before + after) / 2, (after - before) / 2


def _run(command: Sequence[str], seconds: float) -> tuple[int, str, str]:
    """Exit code, output, and the last line of what it complains of."""
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", timeout=seconds
        )
    except subprocess.TimeoutExpired:
        return 1, "", f"no answer within {seconds:g} seconds"
    except OSError as problem:
        return 1, "", f"docker could not be run: {problem.strerror}"
    lines = [line for line in done.stderr.splitlines() if line.strip() and not line.startswith("Warning:")]
    errors = [line for line in lines if line.startswith("ERROR: ")] or lines  # stacks of --debug come behind
    return done.returncode, done.stdout, clean_line(errors[-1].removeprefix("ERROR: ")) if errors else ""


def _object(text: str) -> dict[str, object]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _mapping(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else {}
