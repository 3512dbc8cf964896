"""The help of a command as a manual page: the same sections in the macros of man(7), for `man` and groff."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bakegen import __version__
from bakegen.cli.help_page import paragraphs, sections, summary
from bakegen.cli.manual import Command, Group

if TYPE_CHECKING:
    from collections.abc import Iterator

    import click

_CODE = re.compile(r"`([^`]+)`")
_REFLOWED = re.compile(r"\s*\n\s*")


def page(ctx: click.Context) -> str:
    """The manual page of the command of `ctx`, in section 1."""
    return "\n".join(_lines(ctx)) + "\n"


def _lines(ctx: click.Context) -> Iterator[str]:
    command = ctx.command
    assert isinstance(command, Command | Group)
    name = ctx.command_path.replace(" ", "-")
    yield f'.TH "{name.upper()}" "1" "" "bakegen {__version__}" "bakegen"'
    yield ".nh"
    yield ".ad l"
    yield ".SH NAME"
    yield f"{_text(name)} \\- {_text(summary(command).rstrip('.'))}"
    yield ".SH SYNOPSIS"
    yield f".B {_text(ctx.command_path)}"
    yield _text(" ".join(command.collect_usage_pieces(ctx)))
    described = paragraphs(command)[1:]
    if described:
        yield ".SH DESCRIPTION"
    for paragraph in described:
        yield from _paragraph(paragraph)
    for section in sections(command, ctx):
        yield f'.SH "{_text(section.heading.upper())}"'
        for term, said in section.rows:
            yield from (".TP", f".B {_text(term)}", _body(said))
        if section.text:
            yield from _verbatim(section.text) if section.heading != "See also" else (_body(section.text),)


def _paragraph(text: str) -> Iterator[str]:
    yield ".PP"
    if text.startswith("\b"):
        yield from _verbatim(text.removeprefix("\b\n"))
    else:
        yield _body(text)


def _verbatim(text: str) -> Iterator[str]:
    yield ".nf"
    yield from (_start(_text(line)) for line in text.strip("\n").split("\n"))
    yield ".fi"


def _body(text: str) -> str:
    """Text that is filled, with what stands between backticks in bold; never empty, which .TP would not take."""
    flat = _REFLOWED.sub(" ", text.strip())
    parts = _CODE.split(flat)
    marked = (f"\\fB{_text(one)}\\fP" if index % 2 else _text(one) for index, one in enumerate(parts))
    return _start("".join(marked)) or "\\&"


def _text(text: str) -> str:
    """`text` with what roff would take for its own: backslashes, and hyphens that are to be copied as they are."""
    return (
        text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq").replace("`", "\\(ga").replace("^", "\\(ha")
    )


def _start(line: str) -> str:
    """`line` as text even where it begins with what would make it a request."""
    return f"\\&{line}" if line[:1] in (".", "\\", "'") else line
