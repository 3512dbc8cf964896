"""What files say about linting: ``[tool.bakegen.lint]`` or ``.bakegen.toml``, made a `LintSettings`.

A file is read to a mapping from key to value; mappings of several files are laid over each other, and `lint_settings`
makes the whole of what is left. `bakegen.rules.settings_reference` writes the page about the keys.
"""

from __future__ import annotations

import re
from dataclasses import field
from typing import TYPE_CHECKING, cast

from bakegen.diagnostics import Diagnostic, Severity, did_you_mean, error, warning
from bakegen.documents.nodes import Items, Node, Scalar, Table, describe
from bakegen.rules.config import Config
from bakegen.rules.model import Settings
from bakegen.rules.settings_keys import KEYS, NEVER, OFF, Key, Shape
from bakegen.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from bakegen.text import Source

LINT_FILE = ".bakegen.toml"
PROJECT_FILE = "pyproject.toml"
Value = bool | str | tuple[str, ...] | dict[str, str] | dict[str, tuple[str, ...]]
Given = dict[str, Value]
"""What a file says: key -> value."""

_CODE_ELSEWHERE = re.compile(r"(?:(?:hadolint|shellcheck):)?(?:DL|SC)[0-9]{4}")


@dataclass(frozen=True)
class LintSettings:
    """What configuration files come to.

    Attributes:
        config: which rules run, and what they may ask for.
        exclude: globs of what is not looked at.
        baseline: the file with known findings as it was written; "" where the usual one counts if it is there.
        shellcheck: whether shellcheck is asked; None: where it is installed.
        never_fails: whether findings leave the exit code at 0.
    """

    config: Config = field(default_factory=Config)
    exclude: tuple[str, ...] = ()
    baseline: str = ""
    shellcheck: bool | None = None
    never_fails: bool = False


def read_lint_toml(source: Source, problems: list[Diagnostic], *, anywhere: bool = False) -> Given | None:
    """What a TOML file says about linting, None where it says nothing.

    Args:
        source: the file; in a pyproject.toml the table is ``[tool.bakegen.lint]``, in others ``[lint]``.
        problems: what is wrong is added here.
        anywhere: whether either table will do, for files that were named on the command line.
    """
    is_project = source.path.rpartition("/")[2] == PROJECT_FILE
    if is_project and "bakegen" not in source.text:
        return None
    from bakegen.documents.toml_reader import read_toml

    found: list[Diagnostic] = []
    root = read_toml(source, found)
    # A pyproject.toml that is no TOML concerns us only where it has a part for us.
    if root is None and is_project and not re.search(r"bakegen\s*\.\s*lint", source.text):
        return None
    problems += found
    if root is None:
        return None
    node: Node | None = root
    paths = [("tool", "bakegen", "lint")] if is_project else [("lint",)]
    for path in paths if not anywhere else [("tool", "bakegen", "lint"), ("lint",)]:
        node = root
        for part in path:
            node = node.entries.get(part) if isinstance(node, Table) else None
        if node is not None:
            break
    if not is_project and not anywhere:
        _refuse_unknown("the file", root, ("lint",), problems)
    if node is None:
        return None
    if not isinstance(node, Table):
        problems.append(_wrong("`lint`", "a table", node))
        return None
    return read_given(node, problems)


def read_given(table: Table, problems: list[Diagnostic]) -> Given:
    """What the entries of a table say; those that are wrong are left out and reported."""
    _refuse_unknown("`lint`", table, KEYS, problems)
    given: Given = {}
    for name, node in table.entries.items():
        key = KEYS.get(name)
        value = _READERS[key.shape](key, node, problems) if key is not None else None
        if value is not None:
            given[name] = value
    return given


def lint_settings(given: Given, project: str = "project") -> LintSettings:
    """The whole of what was said; `project` is what the project is called where nothing says it."""
    severities = cast("dict[str, str]", given.get("severities", {}))
    fail_on = str(given.get("fail-on", Severity.WARNING))
    rules = Settings(
        trusted_registries=_texts(given, "trusted-registries"),
        labels=cast("dict[str, str]", given.get("labels", {})),
        strict_labels=bool(given.get("strict-labels", False)),
        ephemeral=_bool(given, "ephemeral"),
        trusted=_bool(given, "trusted"),
        buildx=str(given.get("buildx", "")),
        project=str(given.get("project", project)),
    )
    per_file = cast("dict[str, tuple[str, ...]]", given.get("per-file-ignores", {}))
    config = Config(
        select=_texts(given, "select"),
        extend=_texts(given, "extend-select"),
        ignore=(*_texts(given, "ignore"), *(word for word, what in severities.items() if what == OFF)),
        per_file=tuple(per_file.items()),
        severities={word: Severity(what) for word, what in severities.items() if what != OFF},
        severity=Severity(str(given.get("severity", Severity.NOTE))),
        fail_on=Severity.WARNING if fail_on == NEVER else Severity(fail_on),
        pragmas=bool(given.get("pragmas", True)),
        settings=rules,
    )
    return LintSettings(
        config,
        _texts(given, "exclude"),
        str(given.get("baseline", "")),
        _bool(given, "shellcheck"),
        fail_on == NEVER,
    )


def _texts(given: Given, name: str) -> tuple[str, ...]:
    return cast("tuple[str, ...]", given.get(name, ()))


def _bool(given: Given, name: str) -> bool | None:
    return cast("bool | None", given.get(name))


def check_word(node: Scalar, problems: list[Diagnostic]) -> None:
    """Reports a word that means no rule; codes of other linters that no rule stands for are a warning."""
    from bakegen.rules.discovery import entries, named

    if named(node.text, entries()):
        return
    if _CODE_ELSEWHERE.fullmatch(node.text):
        if "SC" not in node.text:
            problems.append(warning("unknown-rule", f"no rule stands for {node.text}", node.location))
        return
    known = [word for rule in entries() for word in (rule.code, rule.name)]
    help = did_you_mean(node.text, known) or "a code, the beginning of codes, a name, or ALL"
    problems.append(error("unknown-rule", f"there is no rule {node.text!r}", node.location, help=help))


def _refuse_unknown(what: str, table: Table, known: Iterable[str], problems: list[Diagnostic]) -> None:
    names = list(known)
    for name, key in table.keys.items():
        if name not in names:
            help = did_you_mean(name, names) or did_you_mean(name.replace("_", "-"), names)
            help = help or "known are " + ", ".join(names)
            problems.append(error("unknown-key", f"{what} has no key {name!r}", key.location, help=help))


def _wrong(what: str, wanted: str, node: Node) -> Diagnostic:
    is_text = isinstance(node, Scalar) and not node.plain
    given = f"the text {node.text!r}" if is_text and isinstance(node, Scalar) else describe(node)
    if isinstance(node, Scalar) and node.plain:
        given = node.text
    return error("wrong-type", f"{what} takes {wanted}, not {given}", node.location)


def _list(what: str, node: Node, problems: list[Diagnostic], *, rules: bool) -> tuple[str, ...] | None:
    wanted = "a list of rules" if rules else "a list of texts"
    if not isinstance(node, Items):
        problems.append(_wrong(what, wanted, node))
        return None
    out = []
    for item in node.items:
        if not isinstance(item, Scalar) or item.plain:
            problems.append(_wrong(what, wanted, item))
            continue
        if rules:
            check_word(item, problems)
        out.append(item.text)
    return tuple(out)


def _read_words(key: Key, node: Node, problems: list[Diagnostic]) -> Value | None:
    return _list(f"`{key.name}`", node, problems, rules=key.shape is Shape.WORDS)


def _read_text(key: Key, node: Node, problems: list[Diagnostic]) -> Value | None:
    if not isinstance(node, Scalar) or node.plain:
        problems.append(_wrong(f"`{key.name}`", "a text", node))
        return None
    if key.name == "buildx" and not _is_version(node.text):
        message = f"{node.text!r} is no version of buildx"
        problems.append(error("wrong-type", message, node.location, help="two or three numbers: 0.19"))
        return None
    return node.text


def _is_version(text: str) -> bool:
    from bakegen.definition.attributes import parse_version

    try:
        return bool(parse_version(text))
    except ValueError:
        return False


def _read_bool(key: Key, node: Node, problems: list[Diagnostic]) -> Value | None:
    if not isinstance(node, Scalar) or not node.plain or node.text not in ("true", "false"):
        problems.append(_wrong(f"`{key.name}`", "true or false", node))
        return None
    return node.text == "true"


def _read_choice(key: Key, node: Node, problems: list[Diagnostic]) -> Value | None:
    return _choice(f"`{key.name}`", key, node, problems)


def _choice(what: str, key: Key, node: Node, problems: list[Diagnostic]) -> str | None:
    wanted = "one of " + ", ".join(key.choices)
    if not isinstance(node, Scalar) or node.plain:
        problems.append(_wrong(what, wanted, node))
        return None
    if node.text not in key.choices:
        help = did_you_mean(node.text, key.choices)
        problems.append(error("unknown-value", f"{what} takes {wanted}, not {node.text!r}", node.location, help=help))
        return None
    return node.text


def _read_choices(key: Key, node: Node, problems: list[Diagnostic]) -> Value | None:
    if not isinstance(node, Table):
        problems.append(_wrong(f"`{key.name}`", "a table", node))
        return None
    out = {}
    for name, one in node.entries.items():
        if key.rules:
            check_word(node.keys[name], problems)
        value = _choice(f"`{key.name}`, {name!r},", key, one, problems)
        if value is not None:
            out[name] = value
    return out


def _read_globs(key: Key, node: Node, problems: list[Diagnostic]) -> Value | None:
    if not isinstance(node, Table):
        problems.append(_wrong(f"`{key.name}`", "a table", node))
        return None
    out = {}
    for glob, one in node.entries.items():
        words = _list(f"`{key.name}`, {glob!r},", one, problems, rules=True)
        if words is not None:
            out[glob] = words
    return out


_READERS: Mapping[Shape, Callable[[Key, Node, list[Diagnostic]], Value | None]] = {
    Shape.WORDS: _read_words,
    Shape.TEXTS: _read_words,
    Shape.TEXT: _read_text,
    Shape.BOOL: _read_bool,
    Shape.CHOICE: _read_choice,
    Shape.CHOICES: _read_choices,
    Shape.WORDS_BY_GLOB: _read_globs,
}
