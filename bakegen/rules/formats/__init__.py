"""How findings are written: one module a format, found by its name, each with ``write(report) -> str``."""

from __future__ import annotations

import importlib
import pkgutil
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from bakegen.rules.report import Report


class Style(Protocol):
    """Gives a text a look: ``bold``, ``dim``, ``red``, ``green``, ``yellow``, ``cyan``."""

    def __call__(self, text: str, name: str, /) -> str:
        """The text in that look."""
        ...


def plain(text: str, name: str, /) -> str:
    """The `Style` of files and pipes: none."""
    return text


PEOPLE = ("text", "concise")
"""Formats for people: they may have colour. Their modules' `write` takes a `Style` as well."""


def names() -> tuple[str, ...]:
    """What formats there are: those for people first."""
    found = [module.name for module in pkgutil.iter_modules(__path__) if not module.name.startswith("_")]
    return tuple(sorted(found, key=lambda name: (name != "text", name not in PEOPLE, name)))


def write(name: str, report: Report, style: Style = plain) -> str:
    """The report in a format, with a line end at its end.

    Args:
        name: one of `names`.
        report: what was found.
        style: how words are made to stand out, in formats for people.

    Returns:
        Text without control characters (but line ends and tabs), and without lone surrogates. Only `style` adds others.
    """
    module = importlib.import_module(f"bakegen.rules.formats.{name}")
    text = module.write(report, style) if name in PEOPLE else module.write(report)
    assert isinstance(text, str)
    return text
