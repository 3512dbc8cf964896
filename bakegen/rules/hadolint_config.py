"""hadolint's configuration file in the terms of ours, so that a team can switch without writing a new one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bakegen.diagnostics import Diagnostic, Severity, did_you_mean, warning
from bakegen.documents.nodes import Items, Node, Scalar, Table, describe
from bakegen.documents.yaml_reader import read_yaml
from bakegen.rules.settings_keys import LABEL_KINDS, NEVER

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bakegen.rules.settings import Given
    from bakegen.text import Source

_LEVELS = {"error": Severity.ERROR, "warning": Severity.WARNING, "info": Severity.NOTE, "style": Severity.NOTE}
# With `none` hadolint fails as with `ignore`: from the least finding on.
_THRESHOLDS = {name: str(_LEVELS.get(name, Severity.NOTE)) for name in (*_LEVELS, "ignore", "none")}
_ELSEWHERE = ("format", "no-color")
_KEYS = (
    "ignored",
    "override",
    "trustedRegistries",
    "failure-threshold",
    "no-fail",
    "label-schema",
    "strict-labels",
    "disable-ignore-pragma",
    *_ELSEWHERE,
)
_CODE = re.compile(r"(?:DL|SC)[0-9]{4}")
# Its documentation says `email`, `hash`, `rfc3339`, `semver`, `spdx`, `text`, `url`; an empty kind is any text.
_LABELS = {**{kind: kind for kind in LABEL_KINDS}, "": "text"}


def read_hadolint(source: Source, problems: list[Diagnostic]) -> Given:
    """What a ``.hadolint.yaml`` says, in our keys; what is wrong or unknown is added to `problems`.

    hadolint refuses the whole file where something in it is wrong. Here everything else counts, and what is wrong is a
    warning: it is another tool's file.
    """
    found: list[Diagnostic] = []
    root = read_yaml(source, found)
    problems += found
    if root is None or (isinstance(root, Scalar) and root.is_null):
        return {}
    if not isinstance(root, Table):
        problems.append(_wrong("the file", "a mapping", root))
        return {}
    given: Given = {}
    for name, key in root.keys.items():
        if name not in _KEYS:
            help = did_you_mean(name, _KEYS)
            message = f"hadolint knows no key {name!r}, and neither do we"
            problems.append(Diagnostic(Severity.NOTE, "unknown-key", message, key.location, help=help))
    _lists(root, given, problems)
    _flags(root, given, problems)
    if (node := root.entries.get("failure-threshold")) is not None:
        text = _text("`failure-threshold`", node, problems)
        if text is not None and text.lower() in _THRESHOLDS:
            given["fail-on"] = _THRESHOLDS[text.lower()]
        elif text is not None:
            message = f"`failure-threshold` takes one of {', '.join(_THRESHOLDS)}, not {text!r}"
            problems.append(warning("unknown-value", message, node.location))
    if given.pop("no-fail", False):
        given["fail-on"] = NEVER
    return given


def _lists(root: Table, given: Given, problems: list[Diagnostic]) -> None:
    get = root.entries.get
    if (node := get("ignored")) is not None:
        given["ignore"] = tuple(_codes("`ignored`", node, problems))
    if (node := get("override")) is not None and (table := _table("`override`", node, problems)) is not None:
        found: dict[str, list[str]] = {}
        for name, codes in table.entries.items():
            if name not in _LEVELS:
                help = "known are " + ", ".join(_LEVELS)
                message = f"`override` has no level {name!r}"
                problems.append(Diagnostic(Severity.NOTE, "unknown-key", message, table.keys[name].location, help=help))
                continue
            found[name] = _codes(f"`override.{name}`", codes, problems)
        # A code in several lists has the worst of these levels, whatever the order.
        given["severities"] = {code: str(_LEVELS[name]) for name in reversed(_LEVELS) for code in found.get(name, ())}
    if (node := get("trustedRegistries")) is not None:
        nodes: Iterable[Node] = node.items if isinstance(node, Items) else (node,)
        texts = [_text("`trustedRegistries`", one, problems) for one in nodes]
        given["trusted-registries"] = tuple(text for text in texts if text)
    if (node := get("label-schema")) is not None and (table := _table("`label-schema`", node, problems)) is not None:
        labels: dict[str, str] = {}
        for name, value in table.entries.items():
            kind = _text(f"`label-schema`, {name!r},", value, problems)
            if kind is not None and kind.lower() in _LABELS:
                labels[name] = _LABELS[kind.lower()]
            elif kind is not None:
                message = f"{kind!r} is no kind of label: {', '.join(LABEL_KINDS)}"
                problems.append(warning("unknown-value", message, value.location))
        given["labels"] = labels


def _flags(root: Table, given: Given, problems: list[Diagnostic]) -> None:
    for theirs, ours in (
        ("strict-labels", "strict-labels"),
        ("no-fail", "no-fail"),
        ("disable-ignore-pragma", "pragmas"),
    ):
        node = root.entries.get(theirs)
        if node is None:
            continue
        if not isinstance(node, Scalar) or not node.plain or node.text.lower() not in ("true", "false"):
            problems.append(_wrong(f"`{theirs}`", "true or false", node))
            continue
        value = node.text.lower() == "true"
        given[ours] = not value if ours == "pragmas" else value


def _codes(what: str, node: Node, problems: list[Diagnostic]) -> list[str]:
    """Codes as hadolint writes them; those that no rule of ours stands for need no word: nothing reports them."""
    if isinstance(node, Scalar) and node.is_null:
        return []
    if not isinstance(node, Items):
        problems.append(_wrong(what, "a list of codes", node))
        return []
    out = []
    for item in node.items:
        text = _text(what, item, problems)
        if text is None:
            continue
        if _CODE.fullmatch(text):
            out.append(text)
        else:
            problems.append(warning("unknown-rule", f"{text!r} is no code of hadolint", item.location))
    return out


def _table(what: str, node: Node, problems: list[Diagnostic]) -> Table | None:
    if isinstance(node, Table):
        return node
    if not (isinstance(node, Scalar) and node.is_null):
        problems.append(_wrong(what, "a mapping", node))
    return None


def _text(what: str, node: Node, problems: list[Diagnostic]) -> str | None:
    if isinstance(node, Scalar):
        return "" if node.is_null else node.text
    problems.append(_wrong(what, "a text", node))
    return None


def _wrong(what: str, wanted: str, node: Node) -> Diagnostic:
    given = repr(node.text) if isinstance(node, Scalar) and not node.is_null else describe(node)
    return warning("wrong-type", f"{what} takes {wanted}, not {given}", node.location)
