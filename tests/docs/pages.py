"""The documents of the repository, read into blocks, inline code, links and headings."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from markdown_it import MarkdownIt

from tests.docs.marks import Mark, read_mark

if TYPE_CHECKING:
    from collections.abc import Iterator

    from markdown_it.token import Token

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "bakegen" / "docs"
OTHERS = (
    "README.md",
    "CHANGELOG.md",
    "templates/README.md",
    "images/README.md",
    "tests/engine/README.md",
    "tests/engine/dockerfiles/README.md",
)
"""The documents beside bakegen/docs."""

_PARSER = MarkdownIt("commonmark").enable("table")


@dataclass(frozen=True, slots=True)
class Block:
    """A block of code.

    Attributes:
        page: the path of its document in the repository.
        line: the line of its first fence, from 1.
        language: the word behind the fence; "" where there is none, or where the block is only indented.
        text: what is in it.
        mark: the comment right above it.
    """

    page: str
    line: int
    language: str
    text: str
    mark: Mark

    @property
    def place(self) -> str:
        """Where it is, as editors take it."""
        return f"{self.page}:{self.line}"


@dataclass(frozen=True, slots=True)
class Page:
    """A document: `blocks` in their order, each `inline` code and each link with its line, and its anchors."""

    path: str
    blocks: tuple[Block, ...]
    inline: tuple[tuple[int, str], ...]
    links: tuple[tuple[int, str], ...]
    anchors: frozenset[str]


@functools.cache
def paths() -> tuple[str, ...]:
    """All documents, as paths in the repository."""
    inside = sorted(path.relative_to(ROOT).as_posix() for path in DOCS.rglob("*.md"))
    return (*OTHERS, *inside)


@functools.cache
def read(path: str) -> Page:
    """The document at `path`."""
    return parse(path, (ROOT / path).read_text("utf-8"))


def parse(path: str, text: str) -> Page:
    """The document with this text; comments are marks where they stand right above a block or are a setup."""
    tokens = _PARSER.parse(text)
    blocks = []
    inline: list[tuple[int, str]] = []
    links: list[tuple[int, str]] = []
    anchors: dict[str, int] = {}
    for at, token in enumerate(tokens):
        line = token.map[0] + 1 if token.map else 0
        above = tokens[at - 1].content if at and tokens[at - 1].type == "html_block" else ""
        mark = read_mark(above, f"{path}:{line - 1}") if above else Mark()
        if token.type in ("fence", "code_block"):
            language = token.info.strip() if token.type == "fence" else ""
            blocks.append(Block(path, line, language, token.content, mark if mark.what != "setup" else Mark()))
        elif token.type == "html_block" and read_mark(token.content, f"{path}:{line}").what == "setup":
            blocks.append(Block(path, line, "sh", _setup_text(token.content), Mark("setup")))
        elif token.type == "inline":
            inline += [(line, one.content) for one in token.children or () if one.type == "code_inline"]
            links += [(line, str(one.attrs["href"])) for one in token.children or () if one.type == "link_open"]
            if tokens[at - 1].type == "heading_open":
                slug = _slug(token)
                count = anchors.get(slug, 0)
                anchors[slug] = count + 1
                if count:
                    anchors[f"{slug}-{count}"] = 1
    return Page(path, tuple(blocks), tuple(inline), tuple(links), frozenset(anchors))


def _setup_text(comment: str) -> str:
    return comment.strip().removeprefix("<!--").removesuffix("-->").strip().removeprefix("setup").lstrip()


def _slug(heading: Token) -> str:
    """The anchor of a heading as code hosts make it: lower case, signs left out, spaces as hyphens."""
    words = "".join(one.content for one in heading.children or () if one.type in ("text", "code_inline"))
    return re.sub(r"[^\w\- ]", "", words.lower()).replace(" ", "-")


def every_block() -> Iterator[Block]:
    """The blocks of all documents."""
    for path in paths():
        yield from read(path).blocks


def generated(path: str) -> bool:
    """Whether a whole page is made from code: its first line says so."""
    return (ROOT / path).read_text("utf-8").startswith("<!-- Made from ")
