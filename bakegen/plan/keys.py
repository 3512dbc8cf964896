"""Content keys: one short name for everything that decides what a target's image holds.

Pure: `workspace.context` reads files and gives digests, the plan puts `KeyInputs` together, and the key goes
into the target's ``key-<hash>`` tag and into ``bakegen list``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

VERSION = "bakegen content key 1"
"""Stands inside the hash: whenever the meaning of a field changes it is counted up, and no old key is met again."""

KEY_LENGTH = 40

Explanation = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class SourcePattern:
    """One thing that an instruction reads from a build context.

    Attributes:
        path: a source of COPY or ADD as it stands after expansion, or the ``source`` of a bind mount.
        wildcard: whether ``* ? [`` in it are wildcards (COPY and ADD; not bind mounts).
        exclude: the ``--exclude`` patterns.
        parents: whether ``--parents`` was given.
    """

    path: str
    wildcard: bool = True
    exclude: tuple[str, ...] = ()
    parents: bool = False


@dataclass(frozen=True)
class KeyInputs:
    """All that decides a target's content; equal inputs give equal keys, on every machine.

    Values of secrets have no place here: they are no part of BuildKit's cache keys, and a key is public.

    Attributes:
        dockerfile: normalised text of each stage that is reached, in the order of the file, global ARGs first.
        target: the stage that is built; "" for the last one.
        syntax: the frontend of the ``# syntax=`` line, "" without one.
        platforms: in the order given: it decides nothing, so it is sorted for the key.
        args: build arguments that the stages reached declare.
        attributes: labels, annotations and other attributes of the target that change the result.
        contexts: name of a named context -> its kind and identity (a digest of files, an image with digest, …).
        files: the digest of the files that the stages reached read from the context, "" when they read none.
        parents: target name -> its content key, for ``target:`` contexts.
        bases: external image -> its digest, None where it is not known.
    """

    dockerfile: Sequence[str] = ()
    target: str = ""
    syntax: str = ""
    platforms: Sequence[str] = ()
    args: Mapping[str, str | None] = field(default_factory=dict)
    attributes: Mapping[str, object] = field(default_factory=dict)
    contexts: Mapping[str, str] = field(default_factory=dict)
    files: str = ""
    parents: Mapping[str, str] = field(default_factory=dict)
    bases: Mapping[str, str | None] = field(default_factory=dict)


def encode(value: object) -> bytes:
    """A byte string that no other value has: every part carries its kind and its length.

    Takes text, bool, int, None, sequences, and mappings with text as keys (their order does not count).

    Raises:
        TypeError: for any other kind of value.
    """
    out: list[bytes] = []
    _encode(value, out)
    return b"".join(out)


def _encode(value: object, out: list[bytes]) -> None:
    if isinstance(value, str):
        data = value.encode("utf-8", "surrogatepass")
        out.append(b"s%d:" % len(data))
        out.append(data)
    elif value is None:
        out.append(b"n")
    elif isinstance(value, bool):
        out.append(b"t" if value else b"f")
    elif isinstance(value, int):
        out.append(b"i%d;" % value)
    elif isinstance(value, Sequence) and not isinstance(value, bytes | bytearray | memoryview):
        out.append(b"l%d:" % len(value))
        for item in value:
            _encode(item, out)
    elif isinstance(value, Mapping):
        out.append(b"m%d:" % len(value))
        for key in sorted(value):
            if not isinstance(key, str):
                raise TypeError(f"no content key can be made of a mapping's key {key!r}")
            _encode(key, out)
            _encode(value[key], out)
    else:
        raise TypeError(f"no content key can be made of {type(value).__name__}")


def digest(value: object) -> str:
    """The SHA-256 of `encode`'s bytes, in hexadecimal."""
    return hashlib.sha256(encode(value)).hexdigest()


def content_key(inputs: KeyInputs) -> str:
    """The key: 40 hexadecimal digits."""
    return digest(
        (
            VERSION,
            inputs.dockerfile,
            inputs.target,
            inputs.syntax,
            sorted(set(inputs.platforms)),
            inputs.args,
            inputs.attributes,
            inputs.contexts,
            inputs.files,
            inputs.parents,
            inputs.bases,
        )
    )[:KEY_LENGTH]


def explain(inputs: KeyInputs) -> Explanation:
    """What the key is made of: sorted pairs of a name and a value, to be printed or compared.

    Arguments, labels and other attributes may hold something private, so they show as digests only.
    """
    lines: list[tuple[str, str]] = [
        ("files", inputs.files or "none"),
        ("platforms", ",".join(sorted(set(inputs.platforms))) or "the builder's own"),
        ("syntax", inputs.syntax or "built in"),
        ("target", inputs.target or "the last stage"),
    ]
    lines += [(f"dockerfile {i:04d}", digest(text)) for i, text in enumerate(inputs.dockerfile)]
    lines += [(f"arg {name}", digest(value)) for name, value in inputs.args.items()]
    lines += [(f"attribute {name}", digest(value)) for name, value in inputs.attributes.items()]
    lines += [(f"context {name}", value) for name, value in inputs.contexts.items()]
    lines += [(f"parent {name}", value) for name, value in inputs.parents.items()]
    lines += [(f"base {name}", value or "unknown") for name, value in inputs.bases.items()]
    return tuple(sorted(lines))


def difference(old: Iterable[tuple[str, str]], new: Iterable[tuple[str, str]]) -> tuple[tuple[str, str, str], ...]:
    """What changed between two explanations: (name, old value, new value), ``""`` where there is none."""
    before, after = dict(old), dict(new)
    return tuple(
        (name, before.get(name, ""), after.get(name, ""))
        for name in sorted(before.keys() | after.keys())
        if before.get(name, "") != after.get(name, "")
    )
