"""Which calls install something, and which files of the project they need for it; by their words alone."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bakegen.rules.calls import ShellCall

PROJECT = (
    "npm",
    "yarn",
    "pnpm",
    "pip",
    "pip3",
    "poetry",
    "uv",
    "pipenv",
    "bundle",
    "composer",
    "go",
    "cargo",
    "dotnet",
)
"""Programs that may install what a project depends on; `python -m pip` is not looked at."""
SYSTEM = ("apt-get", "apt", "apk", "dnf", "yum", "microdnf", "zypper")
"""Programs that install packages of the system."""

_NODE = {
    "npm": ("package.json", "package-lock.json"),
    "yarn": ("package.json", "yarn.lock"),
    "pnpm": ("package.json", "pnpm-lock.yaml"),
}
_OTHERS = {
    ("poetry", "install"): ("pyproject.toml", "poetry.lock"),
    ("uv", "sync"): ("pyproject.toml", "uv.lock"),
    ("pipenv", "install"): ("Pipfile", "Pipfile.lock"),
    ("pipenv", "sync"): ("Pipfile", "Pipfile.lock"),
    ("bundle", "install"): ("Gemfile", "Gemfile.lock"),
    ("composer", "install"): ("composer.json", "composer.lock"),
    ("cargo", "fetch"): ("Cargo.toml", "Cargo.lock"),
    ("dotnet", "restore"): ("the project files",),
}
_NODE_VALUES = (
    "--prefix",
    "--cwd",
    "-C",
    "--dir",
    "--registry",
    "--network-timeout",
    "--cache",
    "--loglevel",
    "--omit",
)
_VALUES = ("-t", "-c", "-o", "-X", "-p", "--repository", "--target-release", "--option", "--arch", "--root")
_PACKAGE = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+_:~=<>@*-]*")
_ADDS = ("install", "add", "groupinstall", "upgrade", "dist-upgrade", "full-upgrade", "update", "makecache")


def manifests(call: ShellCall) -> tuple[str, ...]:
    """The files that an install of a project's dependencies needs; nothing for any other call."""
    if not all(word.literal for word in call.words):
        return ()
    if call.name in _NODE:
        names = [word.text for word in call.operands(*_NODE_VALUES)]
        plain = names in (["install"], ["ci"], ["i"]) or (call.name == "yarn" and not names)
        if not plain or call.has("-g", "--global") or call.has("--version", "--help", "-v", "-h"):
            return ()
        return _NODE[call.name]
    if call.name in ("pip", "pip3"):
        return _requirements(call)
    if call.name == "go":
        return ("go.mod", "go.sum") if call.texts[:2] == ("mod", "download") and len(call.texts) == 2 else ()
    if call.name in ("pipenv", "bundle") and len(call.operands()) > 1:
        return ()
    return _OTHERS.get((call.name, call.sub), ())


def _requirements(call: ShellCall) -> tuple[str, ...]:
    """The files of ``pip install -r``, where nothing else is installed from the project."""
    if call.sub != "install" or call.has("-e", "--editable"):
        return ()
    found = []
    words = [text for text in call.texts if text != "install"]
    for at, text in enumerate(words):
        value = ""
        if text in ("-r", "--requirement", "-c", "--constraint"):
            value = words[at + 1] if at + 1 < len(words) else ""
        elif text.startswith(("--requirement=", "--constraint=")):
            value = text.partition("=")[2]
        elif text.startswith(("-r", "-c")) and len(text) > 2:
            value = text[2:]
        elif at and words[at - 1] in ("-r", "--requirement", "-c", "--constraint"):
            continue
        elif not text.startswith("-") and (text.startswith(".") or "/" in text):
            return ()
        if value and "://" not in value:
            # A path of the image says where the file is in the project by its name alone.
            found.append(value.rpartition("/")[2] if value.startswith("/") else value)
    return tuple(found)


def installs_packages(call: ShellCall) -> bool:
    """Whether a call installs packages of the system by their names alone, or fetches their lists."""
    if call.name not in SYSTEM:
        return False
    words = call.operands(*_VALUES)
    if not words or words[0].text not in _ADDS:
        return False
    # A variable that holds a version is no file either; a substitution may read one.
    return all(_PACKAGE.fullmatch(word.text) for word in words[1:] if word.literal) and not any(
        "$(" in word.text or "`" in word.text or "/" in word.text or "<(" in word.text for word in words
    )
