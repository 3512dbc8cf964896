"""Values to YAML as people write it: short lists on one line, quotes only where YAML or templates need them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bakegen.bake.meaning import Json

WIDTH = 110
# What YAML 1.1 or 1.2 takes as something else than text; bakegen does not, other tools that read the file do.
_NOT_TEXT = re.compile(
    r"(?:null|~|true|false|yes|no|on|off|y|n|[-+]?\.(?:inf|nan)|[-+.]?[0-9][0-9_.,:xeEoXO+-]*)", re.IGNORECASE
)
_PLAIN = re.compile(
    r"[A-Za-z0-9_./$~+(^][^\x00-\x1f\x7f\u0080-\u009f\u2028\u2029\ufeff\ud800-\udfff\"'`{}\[\],&*!|>%@#\\]*"
)
_BLOCK = re.compile(r"[^\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff]*\n?")


def scalar(value: Json) -> str:
    """A single value on one line."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "null"
    text = str(value)
    if isinstance(value, int) or is_plain(text):
        return text
    return _quoted(text)


def is_plain(text: str) -> bool:
    """Whether `text` needs no quotes, neither alone nor within brackets."""
    return (
        _PLAIN.fullmatch(text) is not None
        and not _NOT_TEXT.fullmatch(text)
        and ": " not in text
        and not text.endswith((":", " "))
        and not text.startswith(("---", "..."))
    )


def _quoted(text: str) -> str:
    if "\\" in text and "'" not in text and "\n" not in text and _BLOCK.fullmatch(text):
        return f"'{text}'"
    out = []
    for char in text:
        code = ord(char)
        if char in '"\\':
            out.append("\\" + char)
        elif char == "\n":
            out.append("\\n")
        elif char == "\t":
            out.append("\\t")
        elif code < 32 or 127 <= code < 160:
            out.append(f"\\x{code:02x}")
        elif code in (0x2028, 0x2029, 0xFEFF) or 0xD800 <= code < 0xE000:
            out.append(f"\\u{code:04x}")
        else:
            out.append(char)
    return '"' + "".join(out) + '"'


def flow(value: Json) -> str:
    """Any value on one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{scalar(key)}: {flow(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(flow, value)) + "]"
    return scalar(value)


def document(
    fields: Mapping[str, Json], comments: Mapping[str, Sequence[str]] | None = None, gaps: Sequence[str] = ()
) -> str:
    """A mapping as lines.

    Args:
        fields: what is written, in its order.
        comments: lines above a field, by its name, or by ``args.NAME`` for one below it.
        gaps: fields that an empty line goes before.
    """
    lines: list[str] = []
    for name, value in fields.items():
        if name in gaps and lines:
            lines.append("")
        lines += [f"# {line}".rstrip() for line in (comments or {}).get(name, ())]
        inner = {key.partition(".")[2]: text for key, text in (comments or {}).items() if key.startswith(f"{name}.")}
        lines += _field(name, value, "", inner)
    return "".join(f"{line}\n" for line in lines)


def _field(name: str, value: Json, lead: str, comments: Mapping[str, Sequence[str]]) -> list[str]:
    head = f"{lead}{scalar(name)}:"
    if isinstance(value, str) and "\n" in value and _is_block(value):
        keep = "|" if value.endswith("\n") else "|-"
        return [f"{head} {keep}", *(f"{lead}  {line}".rstrip() for line in value.rstrip("\n").split("\n"))]
    if not isinstance(value, dict | list) or not value:
        return [f"{head} {flow(value)}"]
    line = f"{head} {flow(value)}"
    if isinstance(value, list):
        if not comments and len(line) <= WIDTH and not any(isinstance(one, dict | list) for one in value):
            return [line]
        return [head, *_items(value, f"{lead}  ")]
    if not comments and len(line) <= 60 and len(value) <= 2 and lead and not _nested(value):
        return [line]
    return [head, *_entries(value, f"{lead}  ", comments)]


def _entries(value: Mapping[str, Json], lead: str, comments: Mapping[str, Sequence[str]]) -> list[str]:
    lines: list[str] = []
    for key, one in value.items():
        lines += [f"{lead}# {line}" for line in comments.get(key, ())]
        lines += _field(key, one, lead, {})
    return lines


def _nested(value: Mapping[str, Json]) -> bool:
    return any(isinstance(one, dict) for one in value.values())


def _items(items: Sequence[Json], lead: str) -> list[str]:
    lines: list[str] = []
    for item in items:
        line = f"{lead}- {flow(item)}"
        if (
            isinstance(item, dict)
            and item
            and (len(line) > WIDTH or any(isinstance(one, dict) for one in item.values()))
        ):
            inner = _entries(item, f"{lead}  ", {})
            lines += [f"{lead}- {inner[0].lstrip()}", *inner[1:]]
        else:
            lines.append(line)
    return lines


def _is_block(text: str) -> bool:
    return (
        all(_BLOCK.fullmatch(line) for line in text.split("\n"))
        and not text.startswith((" ", "\n"))
        and not text.endswith("\n\n")
        and not any(line.endswith(" ") for line in text.split("\n"))
    )
