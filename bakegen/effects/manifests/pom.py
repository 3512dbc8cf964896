"""pom.xml: modules and parents of a Maven project; used by the model of maven.

Source: https://maven.apache.org/pom.html. Read by patterns: entities and external documents are never expanded.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_MODULE = re.compile(r"<(?:module|subproject)>\s*([^<]*?)\s*</(?:module|subproject)>")
_PARENT = re.compile(r"<parent>(.*?)</parent>", re.DOTALL)
_RELATIVE = re.compile(r"<relativePath>\s*([^<]*?)\s*</relativePath>|<relativePath\s*/>")
_FILE_REPOSITORY = re.compile(r"<url>\s*(file:[^<]*?|\$\{[^<]*?)\s*</url>")
_SYSTEM = re.compile(r"<systemPath>\s*([^<]*?)\s*</systemPath>")


@dataclass(frozen=True, slots=True)
class Pom:
    """What a pom.xml says.

    Attributes:
        modules: directories or files of modules, as written.
        parent: where its parent is looked for, "" where it is not on disk; None where it has none.
        local: files and repositories of the disk that it names.
    """

    modules: tuple[str, ...] = ()
    parent: str | None = None
    local: tuple[str, ...] = ()


def read_pom(text: str) -> Pom:
    """What the text of a pom.xml says; any text at all."""
    text = _COMMENT.sub("", text)
    parent = _PARENT.search(text)
    above: str | None = None
    if parent:
        relative = _RELATIVE.search(parent[1])
        above = "../pom.xml" if relative is None else relative[1] or ""
    return Pom(
        modules=tuple(dict.fromkeys(_MODULE.findall(text))),
        parent=above,
        local=tuple(dict.fromkeys((*_FILE_REPOSITORY.findall(text), *_SYSTEM.findall(text)))),
    )
