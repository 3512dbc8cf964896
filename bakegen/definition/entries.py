"""Entries of output, secret, ssh, attest and policy: mapping or text in, one checked mapping out.

The text forms follow ``util/buildflags`` of buildx. Cache entries have their own reader in `backends`, which
shares the checks here. A caller who knows the place in the file makes diagnostics of the problems.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bakegen.definition.attributes import Kind
from bakegen.definition.csvfields import split_fields
from bakegen.diagnostics import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bakegen.definition.attributes import Attribute, EntryField

Entry = dict[str, "str | tuple[str, ...]"]


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one field of an entry, or with the entry where `field` is None."""

    code: str
    message: str
    field: str | None = None
    help: str | None = None


_BOOLS = {
    **dict.fromkeys(("1", "t", "T", "true", "TRUE", "True"), "true"),
    **dict.fromkeys(("0", "f", "F", "false", "FALSE", "False"), "false"),
}
_NUMBER = re.compile(r"-?[0-9]{1,18}")
_USER_INFO = re.compile(r"(?:[a-z][a-z0-9+.-]*://)?[^/@\s]*:[^/@\s]*@", re.IGNORECASE)
_DIGEST = re.compile(r"[^@\s]*@[a-z0-9]+:[0-9a-f]{32,}")


def holds_credentials(value: str) -> bool:
    """Whether `value` is a reference or URL with ``user:password@`` in it (``image:tag@sha256:…`` is not)."""
    return _USER_INFO.match(value) is not None and _DIGEST.fullmatch(value) is None


def as_text(value: object) -> str:
    """A scalar as bake reads it: booleans in lower case, everything else as written."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def read_csv(what: str, line: str) -> dict[str, object] | Problem:
    """``key=value,key=value`` as a mapping with lower-case keys; `what` names the entry in the message."""
    try:
        fields = split_fields(line)
    except ValueError as reason:
        return Problem(f"{what}-csv", f"not a {what} entry: {reason}")
    entry: dict[str, object] = {}
    for field in fields:
        name, equals, value = field.partition("=")
        name = name.strip().lower()
        quote = "a comma in a value needs quotes around the whole field, or write the entry as a mapping"
        if not equals:
            return Problem(f"{what}-csv", f"a field of this {what} entry is not `key=value`", None, quote)
        if name in entry:
            return Problem(f"{what}-csv", f"{name!r} is given twice", name, quote)
        entry[name] = value
    return entry


def check_value(where: str, field: EntryField, text: str) -> str | Problem:
    """`text` in its one normal spelling, or what is wrong with it; secret values are never repeated."""
    name = field.name
    if field.secret:
        message = f"{name!r} of {where} is a secret and does not belong in a file"
        return Problem("secret-in-file", message, name, field.description)
    if not text:
        return Problem("entry-value", f"{name!r} of {where} is empty", name, "leave it out")
    if holds_credentials(text):
        message = f"{name!r} of {where} holds a user name and password"
        return Problem("secret-in-file", message, name, "log in with `docker login` and leave them out")
    if field.choices and text not in field.choices:
        advice = did_you_mean(text, field.choices) or "one of " + ", ".join(field.choices)
        return Problem("entry-value", f"{name!r} of {where} cannot be {text!r}", name, advice)
    if field.kind is Kind.BOOL:
        if text not in _BOOLS:
            return Problem("entry-value", f"{name!r} of {where} must be true or false, not {text!r}", name)
        return _BOOLS[text]
    if field.kind is Kind.INTEGER and not _NUMBER.fullmatch(text):
        return Problem("entry-value", f"{name!r} of {where} must be a whole number, not {text!r}", name)
    return text


def parse_entry(attribute: Attribute, value: str | Mapping[str, object]) -> tuple[Entry | None, tuple[Problem, ...]]:
    """Read one entry of output, secret, ssh, attest or policy, given as a mapping or in its text form.

    Gives the entry as bake's object syntax wants it, fields in the table's order, or None where it cannot
    be read, and every problem found.
    """
    if isinstance(value, str):
        read = _read_text(attribute.name, value)
        if isinstance(read, Problem):
            return None, (read,)
        raw = read
    else:
        raw = dict(value)
    if attribute.name == "secret":
        raw = _secret(raw)
    where = f"an entry of {attribute.name}"
    problems: list[Problem] = []
    found: Entry = {}
    for name, given in raw.items():
        field = attribute.field(name)
        if field is None and not _is_free(attribute, name):
            names = [f.name for f in attribute.entry_fields]
            advice = did_you_mean(name, names) or "known are " + ", ".join(names)
            problems.append(Problem("entry-field", f"{where} has no field {name!r}", name, advice))
        elif field is None:
            found[name] = as_text(given)
        elif field.kind is Kind.TEXTS:
            many = given if isinstance(given, list | tuple) else (given,)
            found[name] = tuple(as_text(one) for one in many)
        else:
            checked = check_value(where, field, as_text(given))
            if isinstance(checked, Problem):
                problems.append(checked)
            else:
                found[name] = checked
    problems += [
        Problem("entry-field", f"{where} needs {field.name!r}", None, field.description)
        for field in attribute.entry_fields
        if field.required and field.name not in raw
    ]
    if problems:
        return None, tuple(problems)
    order = {field.name: at for at, field in enumerate(attribute.entry_fields)}
    names = sorted(found, key=lambda name: (order.get(name, len(order)), name))
    return {name: found[name] for name in names}, ()


def _is_free(attribute: Attribute, name: str) -> bool:
    # The image exporters read annotations from keys such as `annotation-index.org.example=…`.
    return attribute.free_fields or (attribute.name == "output" and name.startswith("annotation"))


def _read_text(attribute: str, line: str) -> dict[str, object] | Problem:
    if attribute == "ssh":
        name, equals, paths = line.partition("=")
        return {"id": name, "paths": tuple(paths.split(","))} if equals else {"id": name}
    if attribute == "output" and "=" not in line and "," not in line and '"' not in line:
        return {"type": "tar" if line == "-" else "local", "dest": line}
    return read_csv(attribute, line)


def _secret(raw: dict[str, object]) -> dict[str, object]:
    # Objects have no `type` in buildx: it only tells in text whether `src` is a file or a variable.
    entry = {("src" if name == "source" else name): value for name, value in raw.items()}
    if entry.get("type") == "env":
        del entry["type"]
        source = entry.pop("src", entry.get("id"))
        if source is not None:
            entry.setdefault("env", source)
    elif entry.get("type") == "file":
        del entry["type"]
        if "id" in entry and "env" not in entry:
            entry.setdefault("src", entry["id"])
    return entry
