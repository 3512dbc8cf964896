"""package.json and the lock files of npm, yarn and pnpm: what is local in them, and which scripts installing runs.

Source: https://docs.npmjs.com/cli/configuring-npm/package-json and .../package-lock-json and .../using-npm/scripts,
https://classic.yarnpkg.com/docs/yarn-lock, https://yarnpkg.com/protocols, https://github.com/pnpm/spec (lockfile).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bakegen.effects.manifests.documents import read_json, table, texts

if TYPE_CHECKING:
    from collections.abc import Mapping

LIFECYCLE = ("preinstall", "install", "postinstall", "prepublish", "preprepare", "prepare", "postprepare",
             "dependencies", "pnpm:devPreinstall")  # fmt: skip
"""Scripts of the project itself that installing runs."""

_GROUPS = ("dependencies", "devDependencies", "optionalDependencies", "peerDependencies")
_LOCAL = re.compile(r"^(?:file:|link:|portal:|exec:|\.{1,2}(?:/|$)|~/|/|[A-Za-z]:[\\/])")
_ARCHIVE = re.compile(r"\.(?:tgz|tar\.gz|tar)$")


@dataclass(frozen=True, slots=True)
class PackageJson:
    """What a package.json says.

    Attributes:
        scripts: names of the scripts of its own that installing runs.
        local: paths of directories that dependencies come from, as written without ``file:``.
        archives: paths of archives that dependencies come from.
        code: dependencies that code of the project makes (``exec:``).
        patches: paths of patches.
        workspaces: globs of the workspace's members.
        names: all dependencies.
        binaries: whether it has programs, which linking makes executable.
    """

    scripts: tuple[str, ...] = ()
    local: tuple[str, ...] = ()
    archives: tuple[str, ...] = ()
    code: tuple[str, ...] = ()
    patches: tuple[str, ...] = ()
    workspaces: tuple[str, ...] = ()
    names: frozenset[str] = frozenset()
    binaries: bool = False


@dataclass(frozen=True, slots=True)
class LockedPackages:
    """What a lock file of a Node package manager says.

    Attributes:
        projects: directories of local projects, members of the workspace among them; ``.`` and "" left out.
        archives: paths of archives.
        patches: paths of patches.
        scripts: names of packages that have an install script, as far as the file says.
        names: names of all packages, as far as they are told apart.
        berry: whether it is of yarn 2 or later.
    """

    projects: tuple[str, ...] = ()
    archives: tuple[str, ...] = ()
    patches: tuple[str, ...] = ()
    scripts: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()
    berry: bool = False


def read_package_json(text: str) -> PackageJson | None:
    """What the text of a package.json says; None where it is no JSON object."""
    data = read_json(text)
    if data is None:
        return None
    scripts = table(data, "scripts")
    local: list[str] = []
    archives: list[str] = []
    code: list[str] = []
    patches = [*texts(list(table(data, "pnpm", "patchedDependencies").values()))]
    names: set[str] = set()
    for group in (*_GROUPS, "resolutions", "overrides"):
        for name, spec in _flat(table(data, group)):
            if group in _GROUPS:
                names.add(name)
            _sort(spec, local, archives, code, patches)
    for name, spec in _flat(table(data, "pnpm", "overrides")):
        names.add(name)
        _sort(spec, local, archives, code, patches)
    workspaces = data.get("workspaces")
    return PackageJson(
        scripts=tuple(name for name in LIFECYCLE if name in scripts),
        local=tuple(dict.fromkeys(local)),
        archives=tuple(dict.fromkeys(archives)),
        code=tuple(dict.fromkeys(code)),
        patches=tuple(dict.fromkeys(patches)),
        workspaces=texts(table(workspaces).get("packages") if isinstance(workspaces, dict) else workspaces),
        names=frozenset(names),
        binaries="bin" in data or "bin" in table(data, "directories"),
    )


def _flat(group: Mapping[str, object], depth: int = 0) -> list[tuple[str, str]]:
    """Names and specifications, those of nested overrides too."""
    found: list[tuple[str, str]] = []
    for name, spec in group.items():
        if isinstance(spec, str):
            found.append((name, spec))
        elif isinstance(spec, dict) and depth < 20:
            found += _flat(spec, depth + 1)
    return found


def _sort(spec: str, local: list[str], archives: list[str], code: list[str], patches: list[str]) -> None:
    if spec.startswith("patch:"):
        patch = spec.partition("#")[2].partition("::")[0]
        patches += [one.removeprefix("optional!") for one in patch.split("&") if one and not one.startswith("builtin")]
        return
    if not _LOCAL.match(spec):
        return
    if spec.startswith("exec:"):
        code.append(spec)
        return
    path = re.sub(r"^(?:file|link|portal):(?://)?", "", spec)
    (archives if _ARCHIVE.search(path) else local).append(path)


def read_npm_lock(text: str) -> LockedPackages | None:
    """What a package-lock.json or npm-shrinkwrap.json says; None where it is no JSON object."""
    data = read_json(text)
    if data is None:
        return None
    projects: list[str] = []
    archives: list[str] = []
    scripts: set[str] = set()
    names: set[str] = set()
    for path, value in table(data, "packages").items():
        package = table(value)
        resolved = package.get("resolved")
        name = path.rpartition("node_modules/")[2]
        if path and not path.startswith("node_modules/") and "/node_modules/" not in path:
            projects.append(path)
        elif path:
            names.add(name)
            if package.get("hasInstallScript") is True:
                scripts.add(name)
        if isinstance(resolved, str) and package.get("link") is True:
            projects.append(resolved)
        elif isinstance(resolved, str) and resolved.startswith("file:"):
            archives.append(resolved.removeprefix("file:"))
    waiting = [(table(data, "dependencies"), 0)]
    while waiting:
        dependencies, depth = waiting.pop()
        for name, value in dependencies.items():
            names.add(name)
            version = table(value).get("version")
            if isinstance(version, str) and version.startswith("file:"):
                path = version.removeprefix("file:")
                (archives if _ARCHIVE.search(path) else projects).append(path)
            if depth < 100:
                waiting.append((table(value, "dependencies"), depth + 1))
    return LockedPackages(
        projects=tuple(dict.fromkeys(one for one in projects if one not in ("", "."))),
        archives=tuple(dict.fromkeys(archives)),
        scripts=frozenset(scripts),
        names=frozenset(names),
    )


_YARN_KEY = re.compile(r'^"?(@?[^@"\s,]+)@', re.MULTILINE)
_YARN_LOCAL = re.compile(r"""@(file|link|portal|workspace|exec|patch):([^"\s,]+)""")
_YARN_RESOLVED = re.compile(r'^\s+resolved "file:([^"#]+)', re.MULTILINE)


def read_yarn_lock(text: str) -> LockedPackages:
    """What a yarn.lock says, of yarn 1 or later."""
    projects: list[str] = []
    archives: list[str] = list(_YARN_RESOLVED.findall(text))
    patches: list[str] = []
    for kind, rest in _YARN_LOCAL.findall(text):
        path = rest.partition("#")[0].partition("::")[0]
        if kind == "patch":
            for one in rest.partition("#")[2].partition("::")[0].split("&"):
                one = one.removeprefix("optional!")
                if one and not one.startswith(("builtin", "~builtin")):
                    patches.append(one)
        elif kind == "workspace" and any(char in path for char in "*^~ "):
            continue
        else:
            (archives if _ARCHIVE.search(path) else projects).append(path)
    return LockedPackages(
        projects=tuple(dict.fromkeys(one for one in projects if one not in ("", "."))),
        archives=tuple(dict.fromkeys(archives)),
        patches=tuple(dict.fromkeys(patches)),
        names=frozenset(_YARN_KEY.findall(text)),
        berry="\n__metadata:" in f"\n{text}",
    )


_PNPM_LINK = re.compile(r"(?:^|[\s'\"@(])(?:file|link):([^\s'\"()]+)", re.MULTILINE)
_PNPM_DIRECTORY = re.compile(r"\bdirectory:\s*['\"]?([^\s'\"},]+)")
_PNPM_TARBALL = re.compile(r"\btarball:\s*['\"]?file:([^\s'\"},]+)")
_PNPM_PATCH = re.compile(r"^\s+path:\s*['\"]?([^\s'\"]+\.patch)", re.MULTILINE)
_PNPM_NAME = re.compile(r"^  ['\"]?/?(@?[^@'\"\s:]+)[@/]\d", re.MULTILINE)
_PNPM_IMPORTER = re.compile(r"^  ['\"]?([^\s'\":][^'\":]*)['\"]?:\s*(?:\{\})?\s*$")


def read_pnpm_lock(text: str) -> LockedPackages:
    """What a pnpm-lock.yaml says; read line by line, because these files are long."""
    importers: list[str] = []
    inside = False
    for line in text.splitlines():
        if line and not line[0].isspace():
            inside = line.startswith("importers:")
        elif inside:
            match = _PNPM_IMPORTER.match(line)
            if match:
                importers.append(match[1])
    archives = [*_PNPM_TARBALL.findall(text)]
    projects = [one for one in importers if one != "."]
    outside = [*_PNPM_DIRECTORY.findall(text)]
    # Paths behind link: are relative to who links; links between members say nothing new.
    if not importers:
        outside += _PNPM_LINK.findall(text)
    for path in outside:
        (archives if _ARCHIVE.search(path) else projects).append(path)
    return LockedPackages(
        projects=tuple(dict.fromkeys(projects)),
        archives=tuple(dict.fromkeys(archives)),
        patches=tuple(dict.fromkeys(_PNPM_PATCH.findall(text))),
        scripts=frozenset(),
        names=frozenset(_PNPM_NAME.findall(text)),
    )


_PNPM_PACKAGES = re.compile(r"^packages:\s*(?:#.*)?\n((?:[ \t]*(?:-.*|#.*)?\n?)*)", re.MULTILINE)
_PNPM_FLOW = re.compile(r"^packages:\s*\[([^\]]*)\]", re.MULTILINE)
_ITEM = re.compile(r"^[ \t]*-[ \t]*['\"]?([^'\"#\n]+?)['\"]?[ \t]*(?:#.*)?$", re.MULTILINE)


def read_pnpm_workspace(text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The members' globs and the patches of a pnpm-workspace.yaml."""
    globs: list[str] = []
    found = _PNPM_PACKAGES.search(text)
    if found:
        globs = _ITEM.findall(found[1])
    flow = _PNPM_FLOW.search(text)
    if flow:
        globs += [one.strip().strip("'\"") for one in flow[1].split(",") if one.strip()]
    return tuple(globs), tuple(re.findall(r"^\s+\S.*:\s*['\"]?([^\s'\"]+\.patch)", text, re.MULTILINE))
