"""A service of a compose file in one form, whichever of its short forms was written; paths are from the root.

Source: `transform/`, `paths/resolve.go` and `paths/context.go` of compose-go.
"""

from __future__ import annotations

import posixpath

from bakegen.importing.compose_model import Leaf, Value, several, table, text

USED = ("image", "build", "environment", "env_file", "extends", "profiles")
"""What of a service has to do with building; everything else is about running it."""
_TABLES = ("args", "labels", "additional_contexts")
_REMOTE = ("https://", "http://", "git://", "ssh://", "github.com/", "git@")


def is_remote(context: str) -> bool:
    """Whether a build context is no folder: a URL, or another service."""
    return "://" in context or context.startswith(("service:", "target:", *_REMOTE))


def resolved(path: str, folder: str) -> str:
    """A path that is meant from `folder`, from the project's root; ``.`` for that itself."""
    if path.startswith(("/", "~")):
        return path
    return posixpath.normpath(posixpath.join(folder, path))


def _at(value: Value | None, folder: str, *, context: bool = False) -> Value:
    if not isinstance(value, Leaf) or not value.text or (context and is_remote(value.text)):
        return value if value is not None else Leaf(None, "")
    return Leaf(resolved(value.text, folder), value.origin, value.unset, value.required)


def canonical(service: Value, folder: str) -> dict[str, Value]:
    """What of a service has to do with building; `folder` is what its paths are relative to."""
    if not isinstance(service, dict):
        return {}
    found = {key: service[key] for key in USED if key in service}
    if "environment" in found:
        found["environment"] = table(found["environment"])
    if "env_file" in found:
        found["env_file"] = [_env_file(one, folder) for one in several(found["env_file"])]
    if "build" in found:
        found["build"] = _build(found["build"], folder)
    if isinstance(found.get("profiles"), Leaf):
        found["profiles"] = several(found["profiles"])
    return found


def _env_file(value: Value, folder: str) -> Value:
    return _at(value.get("path") if isinstance(value, dict) else value, folder)


def _build(build: Value, folder: str) -> Value:
    if isinstance(build, Leaf):
        return {} if build.text is None else {"context": _at(build, folder, context=True)}
    if not isinstance(build, dict):
        return {}
    found = dict(build)
    if text(found.get("context")):
        found["context"] = _at(found["context"], folder, context=True)
    for key in _TABLES:
        if key in found:
            found[key] = table(found[key])
    contexts = found.get("additional_contexts")
    if isinstance(contexts, dict):
        found["additional_contexts"] = {name: _at(one, folder, context=True) for name, one in contexts.items()}
    if "extra_hosts" in found:
        found["extra_hosts"] = _hosts(found["extra_hosts"])
    if "ssh" in found:
        found["ssh"] = _ssh(found["ssh"], folder)
    for key in ("secrets", "tags", "platforms", "cache_from", "cache_to", "entitlements"):
        if key in found:
            found[key] = several(found[key])
    return found


def _hosts(value: Value) -> Value:
    """Addresses by host: ``host=address``, ``host:address`` and maps, whose values may be lists."""
    found: dict[str, Value] = {}
    if isinstance(value, dict):
        return {name: several(one) for name, one in value.items()}
    for item in several(value):
        written = text(item) or ""
        separator = "=" if "=" in written else ":"
        name, _, address = written.partition(separator)
        if isinstance(item, Leaf) and address:
            known = found.setdefault(name, [])
            assert isinstance(known, list)
            known.append(Leaf(address, item.origin, item.unset, item.required))
    return found


def _ssh(value: Value, folder: str) -> Value:
    """A map from id to its key or socket, with nothing for the agent's own."""
    entries = value if isinstance(value, dict) else {}
    if isinstance(value, Leaf) and value.text:
        value = [value]
    if isinstance(value, list):
        entries = table(value)
    return {name: _at(path, folder) for name, path in entries.items()}
