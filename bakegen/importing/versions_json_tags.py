"""Which tags ``generate-stackbrew-library.sh`` surely gives: full version, version or alias, with the variant."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

from bakegen.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bakegen.importing.sources import Files

_SCRIPT = "generate-stackbrew-library.sh"
_ALIASES = re.compile(r"declare -A aliases=\((.*?)\n\)", re.DOTALL)
_ALIAS = re.compile(r"^\s*\[['\"]?([\w.-]+)['\"]?\]='([^']*)'", re.MULTILINE)
_LIST = re.compile(r"versionAliases\+?=\((.*?)\)", re.DOTALL)
_JOINED = 'variantAliases=( "${versionAliases[@]/%/-$variant}" )'
_BEFORE = re.compile(r"alpha|beta|rc|dev|tip", re.IGNORECASE)


@dataclass(frozen=True)
class Tagging:
    """What is known of the tags.

    Attributes:
        image: before the colon; "" where no tags are known.
        full: whether the full version is a tag.
        short: whether the version is one, too.
        aliases: further names of versions, such as ``3`` and ``latest``.
        why: what that rests on.
        always: whether it is, too, where the full version is no release yet.
        script: its path.
    """

    image: str = ""
    full: bool = False
    short: bool = False
    aliases: Mapping[str, tuple[str, ...]] | None = None
    why: str = ""
    always: bool = False
    script: str = ""

    def tags(self, version: str, full: str, variant: str) -> tuple[str, ...]:
        """The tags of a variant of a version, which are all of the form VERSION-VARIANT."""
        if not self.image or not variant or "/" in variant:  # which has a rule of its own
            return ()
        words = [full] if self.full and full else []
        if self.short and (self.always or not _BEFORE.search(full)):
            words.append(version)
        words += (self.aliases or {}).get(version, ())
        texts = (f"{word}-{variant}".removeprefix("latest-") for word in words)
        return tuple(dict.fromkeys(f"{self.image}:{text}" for text in texts))


def tagging_of(files: Files, folder: str, image: str) -> Tagging:
    """What the script beside a ``versions.json`` says; nothing where it is of another form than is known."""
    path = posixpath.join(folder, _SCRIPT)
    content = files.read(path)
    if content is None:
        return Tagging()
    text = content.decode("utf-8", "replace")
    lists = _LIST.findall(text)
    full, short = (any(name in one.split() for one in lists) for name in ("$fullVersion", "$version"))
    if not _for_all(text) or not (full or short):
        return Tagging(script=path)
    found = _ALIASES.search(text)
    aliases = {name: tuple(words.split()) for name, words in _ALIAS.findall(found[1])} if found is not None else {}
    why = f"{path} gives every variant these; it gives some of them more"
    return Tagging(image, full, short, aliases, why, "$version" in lists[0].split(), path)


def _for_all(script: str) -> bool:
    """Whether every variant gets the tags of its version with its name behind them, not some alone."""
    before = ""
    for line in map(str.strip, script.split("\n")):
        if line == _JOINED:
            return before != "else" and not before.endswith("then") and not (before.endswith(")") and "(" not in before)
        before = line or before
    return False
