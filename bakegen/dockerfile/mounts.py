"""``RUN --mount`` and ``--device``: the comma-separated keys, read once as written and once expanded.

Source: BuildKit's frontend/dockerfile/instructions/commands_runmount.go and commands_rundevice.go.
"""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING

from bakegen.diagnostics import did_you_mean
from bakegen.dockerfile.goparse import parse_bool, parse_size, parse_uint
from bakegen.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable

    from bakegen.text import Span

MOUNT_TYPES = ("bind", "cache", "tmpfs", "secret", "ssh")
SHARING_MODES = ("shared", "private", "locked")
MOUNT_KEYS = (
    "type",
    "from",
    "source",
    "src",
    "target",
    "dst",
    "destination",
    "readonly",
    "ro",
    "readwrite",
    "rw",
    "required",
    "size",
    "id",
    "sharing",
    "mode",
    "uid",
    "gid",
    "env",
)
_SAME = {"src": "source", "dst": "target", "destination": "target", "ro": "readonly", "rw": "readwrite"}


class MountError(ValueError):
    """A mount or device that BuildKit refuses; `help` says what to do, where that is known."""

    def __init__(self, message: str, help: str | None = None) -> None:
        super().__init__(message)
        self.help = help


@dataclass(frozen=True, slots=True)
class Mount:
    """One ``--mount`` as written: its keys in lower case with their values, None for a key alone."""

    text: str
    fields: tuple[tuple[str, str | None], ...]
    span: Span

    def get(self, key: str) -> str | None:
        """The last value given to `key` (``source``, ``target``, … stand for their short forms), unexpanded."""
        for name, value in reversed(self.fields):
            if _SAME.get(name, name) == key:
                return value
        return None

    @property
    def kind(self) -> str:
        """The type as written, in lower case; ``bind`` where none is given."""
        return (self.get("type") or "bind").lower()

    @property
    def source_stage(self) -> str | None:
        """The stage or image of ``from``, which never holds a variable."""
        return self.get("from") or None


@dataclass(slots=True)
class MountFacts:
    """One ``--mount`` after expansion, every value checked."""

    kind: str = "bind"
    source_stage: str = ""
    source: str = ""
    target: str = ""
    read_only: bool = False
    size: int | None = None
    id: str = ""
    sharing: str = ""
    required: bool = False
    env: str | None = None
    mode: int | None = None
    uid: int | None = None
    gid: int | None = None
    _decided: bool = field(default=False, repr=False)


def csv_fields(text: str) -> list[str]:
    """The fields of a one-line CSV record as Go's csvvalue package reads them. Raises `MountError`."""
    if text.endswith("\n"):
        text = text[:-2] if text.endswith("\r\n") else text[:-1]
    if not text:
        raise MountError("the value is empty")
    if '"' not in text:
        return text.split(",")
    fields: list[str] = []
    pos = 0
    while True:
        if not text.startswith('"', pos):
            comma = text.find(",", pos)
            end = len(text) if comma < 0 else comma
            if '"' in text[pos:end]:
                raise MountError('a bare " inside a value', 'put the whole field into \\"…\\"')
            fields.append(text[pos:end])
        else:
            value = ""
            end = pos + 1
            while True:
                quote = text.find('"', end)
                if quote < 0:
                    raise MountError('a " is not closed')
                value += text[end:quote]
                end = quote + 1
                if not text.startswith('"', end):
                    break
                value += '"'
                end += 1
            fields.append(value)
            if end < len(text) and text[end] != ",":
                raise MountError('text follows a closed "')
        if end >= len(text):
            return fields
        pos = end + 1


def read_mount(text: str, span: Span) -> Mount:
    """A ``--mount`` as written. Raises `MountError` for what BuildKit refuses before it expands anything."""
    fields: list[tuple[str, str | None]] = []
    for item in csv_fields(text):
        name, equals, value = item.partition("=")
        key = name.lower()
        fields.append((key, value if equals else None))
        if key == "from" and equals and 0 <= value.find("$") != len(value) - 1:
            raise MountError(
                "variables are not expanded in the from of a mount",
                "name a stage with FROM, which can use global ARGs, and mount from that stage",
            )
    return Mount(text, tuple(fields), span)


def expand_mount(mount: Mount, expand: Callable[[str], str]) -> MountFacts:
    """The mount with its values expanded and checked. Raises `MountError`, and what `expand` raises."""
    facts = MountFacts()
    for key, raw in mount.fields:
        if raw is None:
            _read_bare(facts, key)
        else:
            _read_value(facts, key, expand(raw))
    if facts.kind in ("bind", "tmpfs"):
        for key, value in (("mode", facts.mode), ("uid", facts.uid), ("gid", facts.gid)):
            if value is not None:
                raise MountError(f"{key} is not allowed for a {facts.kind} mount")
    if not facts._decided:
        facts.read_only = facts.kind not in ("cache", "tmpfs")
    if facts.kind == "secret":
        if facts.source_stage:
            raise MountError("a secret mount has no from")
        if facts.sharing:
            raise MountError("a secret mount has no sharing")
        if not (facts.source or facts.target or facts.id):
            raise MountError("a secret mount needs an id, a source or a target")
        if facts.source and facts.id:
            raise MountError("a secret mount has a source or an id, not both")
    if facts.kind == "ssh" and facts.source:
        raise MountError("an ssh mount has no source")
    if facts.sharing and facts.kind != "cache":
        raise MountError(f"sharing is for cache mounts, not for a {facts.kind} mount")
    return facts


def _read_bare(facts: MountFacts, key: str) -> None:
    if key in ("readonly", "ro", "readwrite", "rw"):
        facts.read_only = key in ("readonly", "ro")
        facts._decided = True
    elif key == "required" and facts.kind in ("secret", "ssh"):
        facts.required = True
    elif key == "required":
        raise MountError(f"required is not for a {facts.kind} mount", "give type=secret or type=ssh before it")
    else:
        raise MountError(f"{key or 'an empty field'} must be a key=value pair", did_you_mean(key, MOUNT_KEYS))


def _read_value(facts: MountFacts, key: str, value: str) -> None:
    name = _SAME.get(key, key)
    if name == "type":
        facts.kind = _choice("mount type", value, MOUNT_TYPES)
    elif name == "from":
        facts.source_stage = value
    elif name == "source":
        facts.source = value
    elif name == "target":
        facts.target = value
    elif name in ("readonly", "readwrite"):
        facts.read_only = _boolean(key, value) == (name == "readonly")
        facts._decided = True
    elif name == "required":
        if facts.kind not in ("secret", "ssh"):
            raise MountError(f"required is not for a {facts.kind} mount")
        facts.required = _boolean(key, value)
    elif name == "size":
        if facts.kind != "tmpfs":
            raise MountError(f"size is not for a {facts.kind} mount", "give type=tmpfs before it")
        facts.size = parse_size(value)
        if facts.size is None:
            raise MountError(f"size cannot be {value!r}")
    elif name == "id":
        facts.id = value
    elif name == "sharing":
        facts.sharing = _choice("sharing", value, SHARING_MODES)
    elif name == "mode":
        facts.mode = _number(name, value, 8)
    elif name == "uid":
        facts.uid = _number(name, value, 10)
    elif name == "gid":
        facts.gid = _number(name, value, 10)
    elif name == "env":
        facts.env = value
    else:
        raise MountError(f"unknown mount key {key!r}", did_you_mean(key, MOUNT_KEYS))


def _choice(what: str, value: str, known: tuple[str, ...]) -> str:
    if value.lower() not in known:
        raise MountError(f"unknown {what} {value!r}", did_you_mean(value, known) or f"it is one of {', '.join(known)}")
    return value.lower()


def _boolean(key: str, value: str) -> bool:
    found = parse_bool(value)
    if found is None:
        raise MountError(f"{key} is true or false, not {value!r}")
    return found


def _number(key: str, value: str, base: int) -> int:
    found = parse_uint(value, base, 32)
    if found is None:
        raise MountError(f"{key} cannot be {value!r}", "it is an octal number" if base == 8 else None)
    return found


def read_device(text: str) -> tuple[str, bool]:
    """A ``--device``: its name and whether it is required. Raises `MountError`."""
    device = ""
    required = False
    for item in csv_fields(text):
        name, equals, value = item.partition("=")
        key = name.lower()
        if key == "required":
            required = _boolean(key, value) if equals else True
        elif key == "name" and equals:
            if device:
                raise MountError(f"the device is already called {device}")
            device = value
        elif not device:
            device = item
        elif equals:
            raise MountError(f"unknown device key {key!r}", did_you_mean(key, ("name", "required")))
        else:
            raise MountError(f"{item!r} must be a key=value pair")
    return device, required
