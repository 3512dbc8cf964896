"""``git``: cloning, configuring, and what works on one repository whose directory is known.

Source: git's manual pages; git-config(1) for the files.
"""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

from bakegen.effects.access import Access, Opaque
from bakegen.effects.call import Argument, CallExample
from bakegen.effects.commands._network import fetches
from bakegen.effects.model import Tier
from bakegen.effects.options import read_options
from bakegen.effects.places import tree

if TYPE_CHECKING:
    from bakegen.effects.call import Call
    from bakegen.effects.model import CommandEffect

NAMES = ("git",)
EXAMPLES = (
    CallExample("git clone --depth 1 -b v1 https://x.org/a/b.git /src", reads=("/etc/ssl/**",), writes=("/src/**",)),
    CallExample("git clone https://x.org/a/b.git", writes=("/w/b/**",), reads=("/root/.gitconfig",), directory="/w"),
    CallExample("git -C /src checkout abc", writes=("/src/**",), reads=("/src/**",)),
    CallExample("git config --global user.name me", writes=("/root/.gitconfig",)),
    CallExample("git config --system a.b c", writes=("/etc/gitconfig",)),
    CallExample("git -c http.proxy=x clone y", barrier="address"),
    CallExample("git svn clone x", barrier="git svn"),
)
_CLONE = """
    single-branch no-single-branch recurse-submodules recursive shallow-submodules no-tags quiet verbose progress bare
    mirror no-checkout sparse local no-hardlinks no-recurse-submodules remote-submodules
"""
_PLACES = "checkout submodule reset switch restore clean pull fetch am apply init rev-parse describe log show status"
_IN_PLACE = frozenset(_PLACES.split())


def effect(call: Call) -> CommandEffect | str:
    """The repository."""
    access = Access(call)
    access.tier = Tier.KNOWLEDGE
    access.links = None
    words = list(call.arguments)
    directory = "."
    while words and (words[0].text or "").startswith("-"):
        option = words.pop(0).text
        if option not in ("-C", "-c") or not words or words[0].text is None:
            raise Opaque(f"git {option} is not looked into")
        value = words.pop(0).text or ""
        directory = posixpath.join(directory, value) if option == "-C" else directory
        if option == "-c" and not re.match(r"(http|user|advice|init|safe|protocol|url)\.", value):
            raise Opaque(f"git -c {value} is not looked into")
    if not words or words[0].text is None:
        raise Opaque("what git does is not known")
    name = words.pop(0).text or ""
    fetches(access)
    access.environment("GIT_*", "HOME", "XDG_CONFIG_HOME", "SSH_*", "EDITOR", "PAGER", "EMAIL")
    for path in (access.home(".gitconfig"), "/etc/gitconfig", access.home(".netrc"), access.home(".git-credentials")):
        access.read(path)
    for path in (access.home(".config/git"), access.home(".ssh"), "/etc/ssh"):
        access.read(path, tree=True)
    access.reads |= {tree("/usr/share/git-core"), tree("/usr/libexec/git-core")}
    if name == "clone":
        _clone(access, words, directory)
    elif name == "config":
        _config(access, words)
    elif name in _IN_PLACE:
        if name == "submodule" and any(one.text == "foreach" for one in words):
            raise Opaque("git submodule foreach runs a command")
        access.assume("the repository is where git is run, and no hook or filter of it touches anything else")
        access.spread(directory)
    else:
        raise Opaque(f"git {name} is not looked into")
    return access.effect()


def _clone(access: Access, words: list[Argument], directory: str) -> None:
    options = read_options(
        words, "qvnls", "bojuc", _CLONE.split(), ("depth", "branch", "origin", "jobs", "filter", "config", "template")
    )
    if options.any("--template", "-c", "--config", "-u"):
        raise Opaque("options of git clone that run or copy something else")
    if not options.operands or len(options.operands) > 2:
        raise Opaque("what it clones is not known")
    address = options.operands[0]
    known = address.text if address.text is not None else address.prefix
    if not re.match(r"(https?|git|ssh)://|[\w.-]+@[\w.-]+:", known):
        raise Opaque("an address that may be a directory")
    if len(options.operands) == 2:
        target = options.operands[1]
        if target.text is None:
            access.spread(target)
        else:
            access.spread(posixpath.join(directory, target.text))
    elif address.text is None:
        access.spread(directory)
    else:
        name = re.sub(r"(/?\.git)?/*$", "", address.text).rpartition("/")[2].rpartition(":")[2]
        access.spread(posixpath.join(directory, name))


def _config(access: Access, words: list[Argument]) -> None:
    scopes = [one.text for one in words if one.text in ("--global", "--system")]
    if any((one.text or "").startswith(("-f", "--file", "-e", "--edit", "--blob")) for one in words):
        raise Opaque("git config of another file")
    if scopes == ["--global"]:
        access.change(access.home(".gitconfig"))
    elif scopes == ["--system"]:
        access.change("/etc/gitconfig")
    else:
        raise Opaque("git config of a repository")
