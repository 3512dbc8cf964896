"""Commands of a RUN that only take away what others left, and their words; used by several rewrites.

A RUN cleans up behind itself because a later layer cannot. What is in a mount is never in a layer.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bakegen.effects.places import clean, inside
from bakegen.shell.syntax import Simple
from bakegen.values import dataclass

if TYPE_CHECKING:
    from bakegen.rewrites.runs import Chain
    from bakegen.shell.syntax import Node

_TIDYING = frozenset(
    (
        ("apt-get", "clean"), ("apt-get", "autoclean"), ("apt", "clean"),
        ("apt", "autoclean"),
        ("npm", "cache"), ("yarn", "cache"), ("pnpm", "store"), ("pip", "cache"), ("pip3", "cache"), ("uv", "cache"),
        ("dnf", "clean"), ("yum", "clean"), ("microdnf", "clean"), ("composer", "clear-cache"), ("apk", "cache"),
        ("go", "clean"), ("gem", "cleanup"), ("poetry", "cache"), ("bundle", "clean"),
    )
)  # fmt: skip
_TAKING_AWAY = frozenset(
    (
        ("apt-get", "purge"), ("apt-get", "remove"), ("apt-get", "autoremove"), ("apt", "purge"), ("apt", "remove"),
        ("apt", "autoremove"), ("apk", "del"), ("dnf", "remove"), ("dnf", "erase"), ("dnf", "autoremove"),
        ("yum", "remove"), ("yum", "erase"), ("microdnf", "remove"), ("pip", "uninstall"), ("pip3", "uninstall"),
        ("npm", "uninstall"), ("npm", "prune"), ("gem", "uninstall"),
    )
)  # fmt: skip
_REMOVERS = frozenset(("rm", "rmdir", "unlink", "shred", "truncate", "find", "mv"))
_PLAIN_FLAG = re.compile(r"-[rRfvd]+|--(?:recursive|force|verbose|dir)?")
_REMOVING_TEXT = re.compile(r"\b(?:rm|rmdir|unlink|purge|autoremove|del|clean|uninstall|prune|-delete)\b")


@dataclass(frozen=True)
class Removal:
    """An ``rm`` of a chain.

    Attributes:
        index: its number in the chain.
        command: it.
        operands: number of the word -> absolute path, with wildcards where it has them.
        quiet: whether ``-f`` lets it succeed where nothing is there.
    """

    index: int
    command: Simple
    operands: dict[int, str]
    quiet: bool


def name_of(node: Node) -> tuple[str, str]:
    """A command's program and its first operand, "" where they are not plain."""
    if not isinstance(node, Simple) or not node.words:
        return "", ""
    words = [word.literal or "" for word in node.words]
    program = words[0].rpartition("/")[2]
    if program == "sudo":
        words = words[1:]
        program = words[0] if words else ""
    return program, next((word for word in words[1:] if not word.startswith("-")), "")


def is_tidying(node: Node) -> bool:
    """Whether a command empties a package manager's cache."""
    return name_of(node) in _TIDYING


def takes_away(node: Node, text: str) -> bool:
    """Whether a command, whose text is `text`, removes what others may have made."""
    if not isinstance(node, Simple):
        return _REMOVING_TEXT.search(text) is not None
    found = name_of(node)
    return found[0] in _REMOVERS or found in _TIDYING or found in _TAKING_AWAY


def removals(found: Chain, directory: str) -> list[Removal]:
    """The plain ``rm`` commands of a chain whose operands are known.

    Args:
        found: the chain.
        directory: where the RUN begins; a relative operand counts only in a chain that never changes it.
    """
    moves = any(name_of(item)[0] in ("cd", "pushd", "popd", "") for item in found.items)
    result = []
    for index, item in enumerate(found.items):
        if not isinstance(item, Simple) or item.redirects or item.assignments or name_of(item)[0] != "rm":
            continue
        words = [word.literal for word in item.words]
        if words[0] != "rm" or None in words:
            continue
        operands: dict[int, str] = {}
        for number, word in enumerate(words[1:], 1):
            assert word is not None
            if word.startswith("-"):
                if not _PLAIN_FLAG.fullmatch(word):
                    break
            elif word.startswith("/"):
                operands[number] = clean(word)
            elif not moves and not word.startswith("~"):
                operands[number] = clean(f"{directory}/{word}")
            else:
                break
        else:
            quiet = any(word == "--force" or re.match(r"-[rRvd]*f", word or "") for word in words)
            result.append(Removal(index, item, operands, quiet))
    return result


def within(pattern: str, target: str) -> bool:
    """Whether all that an operand of ``rm`` names lies in a directory, or is it."""
    fixed = pattern
    for wildcard in "*?[{":
        fixed = fixed.partition(wildcard)[0]
    if fixed != pattern:
        # Up to the last whole component before the first wildcard.
        fixed = fixed.rpartition("/")[0] or "/"
    return inside(fixed, target)
