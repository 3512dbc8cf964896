"""What a bake must be allowed: the exact ``--allow`` of what its targets ask for, as ``bake --print`` describes them.

Without a terminal bake refuses paths outside of its current directory, the host's network and entitlements unless they
are granted, and its own check has holes in some versions. So it is told neither less nor more than what is needed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from bakegen.building.exports import entries_of
from bakegen.building.masking import clean_line
from bakegen.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

_REMOTE = re.compile(r"[a-z][a-z0-9+.-]*://|[^/:@\s]+@[^/:\s]+:|github\.com/|target:", re.IGNORECASE)
_SSH = "ssh"


def grants(targets: Mapping[str, Mapping[str, Any]], cwd: Path, allowed: Collection[str]) -> tuple[str, ...]:
    """The values of ``--allow`` for a bake of `targets`.

    Paths are granted where they are asked for: definitions say which, and where they may be. The rest needs the user.

    Args:
        targets: what ``bake --print`` says of each, linked ones among them.
        cwd: where bake runs; it may read and write what is below.
        allowed: what the user allows: ``network.host``, ``security.insecure``, ``ssh``, ``device=…``.

    Raises:
        EngineError: a target asks for something that the user does not allow.
    """
    missing: dict[str, str] = {}
    found: dict[str, None] = {}
    for name, target in targets.items():
        for wish in _wishes(target):
            if wish in allowed or wish.partition("=")[0] in allowed:
                found[wish] = None
            else:
                missing.setdefault(wish, name)
    if missing:
        wish, name = next(iter(missing.items()))
        flags = " ".join(f"--allow {clean_line(one)}" for one in missing)
        raise EngineError(f"target {clean_line(name)} asks for {clean_line(wish)}: allow it with {flags}")
    root = cwd.resolve()
    for kind, paths in (("fs.read", _read), ("fs.write", _written)):
        outside = {_existing(cwd, path) for one in targets.values() for path in paths(one, cwd)}
        for path in _outermost(outside, root):
            found[f"{kind}={path}"] = None
    return tuple(found)


def _wishes(target: Mapping[str, Any]) -> Iterator[str]:
    """What a target asks for beside paths."""
    yield from dict.fromkeys(map(str, target.get("entitlements") or ()))
    if target.get("network") == "host" and "network.host" not in (target.get("entitlements") or ()):
        yield "network.host"
    if any(not paths for paths in _agents(target)):
        yield _SSH


def _agents(target: Mapping[str, Any]) -> Iterator[list[str]]:
    """The key files of each ssh entry; none where it forwards the agent."""
    for entry in target.get("ssh") or ():
        if isinstance(entry, Mapping):
            paths = entry.get("paths") or []
            yield [paths] if isinstance(paths, str) else [str(path) for path in paths]
        else:
            yield [path for path in str(entry).partition("=")[2].split(",") if path]


def _read(target: Mapping[str, Any], cwd: Path) -> Iterator[str]:
    """The paths that building a target reads: folders, Dockerfile, secrets, keys, caches."""
    context = _local(str(target.get("context") or "."))
    if context is not None:
        yield context
        if not target.get("dockerfile-inline"):
            # Relative to the context; a link in it may lead out.
            yield str(cwd / context / str(target.get("dockerfile") or "Dockerfile"))
    for value in (target.get("contexts") or {}).values():
        local = _local(str(value))
        if local is not None:
            yield local
    for secret in entries_of(target, "secret"):
        source = secret.get("src") or secret.get("source")
        if source and secret.get("type", "file") == "file":
            yield source
    for paths in _agents(target):
        yield from paths
    for cache in entries_of(target, "cache-from"):
        if cache.get("type") == "local" and cache.get("src"):
            yield cache["src"]


def _written(target: Mapping[str, Any], _: Path) -> Iterator[str]:
    """The paths that building a target writes to."""
    for output in entries_of(target, "output"):
        if output.get("dest", "-") != "-":
            yield output["dest"]
    for cache in entries_of(target, "cache-to"):
        if cache.get("type") == "local" and cache.get("dest"):
            yield cache["dest"]


def _local(context: str) -> str | None:
    """The path of a context on this machine; None for any other."""
    for prefix in ("cwd://", "oci-layout://"):
        if context.startswith(prefix):
            path = context.removeprefix(prefix)
            return re.sub(r"(@sha256:[0-9a-f]{64}|:[\w.-]+)$", "", path) if prefix == "oci-layout://" else path
    return None if context == "-" or _REMOTE.match(context) else context


def _existing(cwd: Path, path: str) -> Path:
    """`path` without links, or its nearest folder that is there: bake asks for that, and refuses grants of others."""
    found = (cwd / path).resolve()
    while not found.exists() and found != found.parent:
        found = found.parent
    return found


def _outermost(paths: Collection[Path], root: Path) -> list[Path]:
    """Those of `paths` that are neither below `root` nor below another; never all of the disk."""
    outside = [path for path in sorted(paths) if not path.is_relative_to(root) and path != path.parent]
    return [path for path in outside if not any(path != other and path.is_relative_to(other) for other in outside)]
