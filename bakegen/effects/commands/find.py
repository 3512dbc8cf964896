"""``find``: looks at the trees that it is given; ``-delete`` and a modelled ``-exec`` change them."""

from __future__ import annotations

import posixpath
from dataclasses import replace
from typing import TYPE_CHECKING

from bakegen.effects import commands
from bakegen.effects.access import Access, Opaque
from bakegen.effects.call import Argument, CallExample

if TYPE_CHECKING:
    from bakegen.effects.call import Call
    from bakegen.effects.model import CommandEffect

NAMES = ("find",)
EXAMPLES = (
    CallExample("find /srv -name '*.pyc' -delete", reads=("/srv/**",), writes=("/srv/**",)),
    CallExample("find . -type f | wc -l", reads=("/w/**",), directory="/w"),
    CallExample("find /a /b -type d -exec chmod 755 {} +", reads=("/a/**",), writes=("/a/**", "/b/**")),
    CallExample("find /a ( -name x -o -name y ) -prune -exec rm -rf {} \\;", barrier="function"),
    CallExample("find /a \\( -name x -o -name y \\) -prune -exec rm -rf '{}' \\;", writes=("/a/**",)),
    CallExample("find /a -exec sh -c 'rm $0' {} \\;", barrier="-exec"),
    CallExample("find /a -newer /b", barrier="-newer"),
    CallExample("find -L /a", barrier="-L"),
)
_PLAIN = """
    -print -print0 -depth -mount -xdev -prune -empty -ls -quit -true -false -readable -writable -executable -nouser
    -nogroup ! -not -a -and -o -or ( ) ,
"""
_BARE = frozenset(_PLAIN.split())
_WITH_VALUE = """
    -name -iname -path -ipath -wholename -regex -iregex -regextype -type -maxdepth -mindepth -size -perm -user
    -group -uid -gid -links -lname -printf -xtype
"""
_VALUED = frozenset(_WITH_VALUE.split())
_TRUSTED = frozenset(
    ("rm", "chmod", "chown", "chgrp", "touch", "cat", "ls", "grep", "stat", "md5sum", "sha256sum", "sed", "echo")
)  # fmt: skip


def effect(call: Call) -> CommandEffect | str:
    """The trees, and what happens to what is found in them."""
    access = Access(call)
    words = list(call.arguments)
    while words and words[0].text == "-P":
        words.pop(0)
    starts: list[Argument] = []
    while words and (words[0].text is None or not words[0].text.startswith(("-", "(", "!"))):
        if words[0].text is None and not words[0].prefix:
            raise Opaque("where it looks is not known")
        starts.append(words.pop(0))
    starts = starts or [Argument(".", call.span)]
    for start in starts:
        access.read(start, tree=True, last=False)
    found: list[CommandEffect] = []
    while words:
        text = words.pop(0).text
        if text in _VALUED and words:
            words.pop(0)
        elif text == "-delete":
            for start in starts:
                access.change(start, tree=True, last=False)
        elif text in ("-exec", "-ok") and text != "-ok":
            found.append(_executed(access, call, starts, words))
        elif text not in _BARE:
            raise Opaque(f"{text or 'a word that is not known'} is not looked into")
    return _union(access.effect(), found)


def _executed(access: Access, call: Call, starts: list[Argument], words: list[Argument]) -> CommandEffect:
    end = next((index for index, word in enumerate(words) if word.text in (";", "+")), None)
    if not end or words[0].text not in _TRUSTED:
        raise Opaque(f"-exec {words[0].text if words else ''} is not looked into")
    name = words[0].text or ""
    arguments: list[Argument] = []
    for word in words[1:end]:
        if word.text == "{}":
            arguments.extend(Argument(None, word.span, _below(start), False, True) for start in starts)
        elif word.text is not None and "{}" in word.text:
            raise Opaque("-exec with {} within a word is not looked into")
        else:
            arguments.append(word)
    del words[: end + 1]
    access.runs(name)
    effect = commands.effect(replace(call, name=name, arguments=tuple(arguments)))
    if isinstance(effect, str):
        raise Opaque(f"-exec {name}: {effect}")
    return effect


def _below(start: Argument) -> str:
    return posixpath.join(start.text, "") if start.text is not None else start.prefix


def _union(effect: CommandEffect, others: list[CommandEffect]) -> CommandEffect:
    for one in others:
        effect = replace(
            effect,
            reads=effect.reads | one.reads,
            writes=effect.writes | one.writes,
            variables=effect.variables | one.variables,
            tier=max(effect.tier, one.tier),
            assumes=tuple(dict.fromkeys((*effect.assumes, *one.assumes))),
        )
    return effect
