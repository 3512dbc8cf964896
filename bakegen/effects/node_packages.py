"""What npm, yarn and pnpm share: manifests of a project and of its workspace, lifecycle scripts, settings, variables.

Source: https://docs.npmjs.com/cli/using-npm/scripts ("Life Cycle Operation Order"), .../using-npm/workspaces,
.../configuring-npm/npmrc.
"""

from __future__ import annotations

import posixpath
import re
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from bakegen.effects.access import Opaque
from bakegen.effects.manifests.package_json import PackageJson, read_package_json
from bakegen.effects.model import Names
from bakegen.effects.places import ancestors
from bakegen.effects.toolbox import COMPILERS, NETWORK
from bakegen.facts.model import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bakegen.effects.manifests.package_json import LockedPackages
    from bakegen.effects.toolbox import Sheet

VARIABLES = NETWORK | COMPILERS | Names.of(
    "npm_*", "NPM_*", "NODE_*", "YARN_*", "PNPM_*", "COREPACK_*", "PYTHON", "PYTHON*", "DISABLE_*", "ADBLOCK",
    "PUPPETEER_*", "PLAYWRIGHT_*", "CYPRESS_*", "ELECTRON_*", "SENTRYCLI_*", "SENTRY_*", "SHARP_*", "PRISMA_*",
    "HUSKY*", "CHROMEDRIVER_*", "GECKODRIVER_*", "SASS_*", "ESBUILD_*", "SWC_*", "NX_*", "NEXT_*", "PREBUILD*",
    "npm", "HOMEBREW_*", "GYP_*", "UV_THREADPOOL_SIZE", "FORCE_COLOR", "DEBUG", "BINARY_*", "LERNA_*", "TURBO_*",
    "SKIP_*", "NGROK_*", "PHANTOMJS_*", "SAUCELABS_*", "INIT_CWD", "CONTINUOUS_INTEGRATION", "NG_CLI_*",
)  # fmt: skip
"""Variables of Node's package managers, and of packages whose install scripts download more."""

_READERS = frozenset(
    ("@prisma/client", "ghooks", "lefthook", "msw", "nx", "pre-commit", "simple-git-hooks", "vue-demi", "yorkie")
)
"""Packages whose own install scripts look into the project that installs them (schema, package.json, git hooks)."""

_PATH_SETTINGS = frozenset(
    ("prefix", "cache", "script-shell", "node-options", "git", "onload-script", "tmp", "userconfig", "globalconfig",
     "store-dir", "virtual-store-dir", "modules-dir", "global-dir", "pnpmfile", "global-pnpmfile", "lockfile-dir",
     "patches-dir", "state-dir", "cache-dir", "yarn-path", "cache-folder", "modules-folder", "global-folder",
     "yarn-offline-mirror", "global", "location", "local-prefix", "dir", "workspaces", "workspace")
)  # fmt: skip
_MOST_DIRECTORIES = 2000


def setting(sheet: Sheet, name: str) -> str | None:
    """A setting by its variable: ``npm_config_NAME`` in either case."""
    key = name.replace("-", "_")
    for variable in (f"npm_config_{key}", f"NPM_CONFIG_{key.upper()}", f"NPM_CONFIG_{key}"):
        value = sheet.setting(variable)
        if value is not None:
            return value
    return None


def started(sheet: Sheet) -> None:
    """Node starts: what NODE_OPTIONS may load is not followed."""
    options = sheet.setting("NODE_OPTIONS") or ""
    if re.search(r"(?:^|\s)(?:-r|--require|--import|--loader|--experimental-loader|--env-file)\b", options):
        raise Opaque("NODE_OPTIONS loads files")
    # Compiled code of the tool itself: node's module.enableCompileCache, and the package v8-compile-cache before it.
    temporary = sheet.setting("TMPDIR") or "/tmp"
    sheet.write(sheet.setting("NODE_COMPILE_CACHE") or posixpath.join(temporary, "node-compile-cache"), output=False)
    name = sheet.around.user.partition(":")[0]
    base = sheet.around.base
    user = name if name.isdecimal() else str(base.users.get(name, "")) if base is not None and name else ""
    for number in {user} if user else {"0", "1000", "1001"}:
        sheet.write(posixpath.join(temporary, f"v8-compile-cache-{number}"), output=False)


def configured(sheet: Sheet, where: str, *names: str) -> dict[str, str]:
    """The settings files that npm and its kin read; what they say, as far as it is known."""
    home = sheet.around.home
    places = [posixpath.join(where, name) for name in names]
    for name in names:
        places += [posixpath.join(home, name)] if home is not None else []
        places += [posixpath.join(one, name) for one in ancestors(where)] if name != ".npmrc" else []
    prefix = setting(sheet, "prefix")
    places += ["/usr/local/etc/npmrc", "/usr/etc/npmrc", "/etc/npmrc"]
    places += [posixpath.join(prefix, "etc/npmrc")] if prefix is not None else []
    for name in ("userconfig", "globalconfig"):
        given = setting(sheet, name)
        if given is not None:
            places.append(given)
    found: dict[str, str] = {}
    for place in dict.fromkeys(places):
        source = sheet.text_or_unknown(place, "settings of npm and its kin in the image name no files of their own")
        for key, value in _lines(source.text if source is not None else ""):
            found.setdefault(key, value)
            if key in _PATH_SETTINGS:
                sheet.unknown(f"what the setting {key} in {place} means for the files that are used")
                sheet.anything()
            elif key in ("cafile", "certfile", "keyfile"):
                sheet.archive(posixpath.join(where, value))
    return found


def _lines(text: str) -> Iterable[tuple[str, str]]:
    for line in text.splitlines():
        line = line.strip()
        if not line or line[0] in "#;[":
            continue
        key, equals, value = line.partition("=")
        if not equals:
            key, _, value = line.partition(" ")
        yield key.strip().strip("\"'").lower().lstrip("-"), value.strip().strip("\"'")


def package(sheet: Sheet, directory: str) -> PackageJson | None:
    """The package.json of a directory."""
    source = sheet.manifest(posixpath.join(directory, "package.json"))
    if source is None:
        return None
    said = read_package_json(source.text)
    if said is None:
        sheet.unknown(f"{sheet.path(directory)}/package.json, which is no JSON object")
        sheet.anything()
    return said


def scripts(sheet: Sheet, directory: str, said: PackageJson, flag: str, *, implicit: bool = True) -> None:
    """Lifecycle scripts of a project: code that may do anything, unless `flag` is given."""
    for name in said.scripts:
        sheet.obstacle(f"the script {name} of {sheet.path(directory)}/package.json runs: add {flag}", anything=True)
    if not implicit:
        return
    gyp = posixpath.join(directory, "binding.gyp")
    sheet.look(gyp)
    if not said.scripts and sheet.exists(gyp):
        sheet.obstacle(f"{sheet.path(gyp)} makes node-gyp build the project: add {flag}", anything=True)


def readers(sheet: Sheet, names: frozenset[str], flag: str) -> None:
    """Packages that look into the project when they are installed."""
    for name in sorted(names & _READERS):
        sheet.obstacle(f"the install script of the package {name} looks into the project: add {flag}", anything=True)


def dependencies(sheet: Sheet, directory: str, said: PackageJson, members: Iterable[str]) -> None:
    """What a package.json takes from elsewhere in the project."""
    known = {sheet.path(one) for one in members}
    for path in said.local:
        real = sheet.path(posixpath.join(directory, path.replace("~/", "/root/", 1) if path[:2] == "~/" else path))
        if real not in known:
            sheet.obstacle(f"a dependency is the directory {real}")
            sheet.look_tree(real)
            sheet.writes_tree(posixpath.join(real, "node_modules"))
            sheet.anything()
    for path in said.archives:
        sheet.archive(posixpath.join(directory, path))
    for spec in said.code:
        sheet.obstacle(f"a dependency is made by code of the project: {spec}", anything=True)
    for path in said.patches:
        if path.startswith("~/"):
            path = path[2:]
        sheet.archive(posixpath.join(directory, path))


def member(sheet: Sheet, directory: str, flag: str, *, ignored: bool, members: Iterable[str]) -> PackageJson | None:
    """One project of the workspace: its manifest, its scripts, its node_modules."""
    said = package(sheet, directory)
    if said is None:
        return None
    if not ignored:
        scripts(sheet, directory, said, flag)
    if said.binaries:
        sheet.obstacle(f"the programs of {sheet.path(directory)} are linked and made executable")
        sheet.writes_tree(directory)
    dependencies(sheet, directory, said, members)
    sheet.write(posixpath.join(directory, "node_modules"))
    return said


def locked(sheet: Sheet, where: str, lock: LockedPackages, members: Iterable[str]) -> None:
    """What a lock file takes from elsewhere in the project."""
    known = {sheet.path(one) for one in members}
    for path in lock.archives:
        sheet.archive(posixpath.join(where, path))
    for path in lock.patches:
        sheet.archive(posixpath.join(where, path.removeprefix("~/")))
    for path in lock.projects:
        real = sheet.path(posixpath.join(where, path))
        if real not in known and real != sheet.path(where):
            sheet.obstacle(f"a dependency is the directory {real}", anything=True)


def workspace(sheet: Sheet, where: str, globs: Sequence[str]) -> tuple[str, ...]:
    """The directories of a workspace's members, by globs over the build context; unknown where it is not listed."""
    found: dict[str, None] = {}
    if globs and sheet.children(where) is None:
        sheet.unknown(f"the members of the workspace in {where}, which was not copied from the build context as it is")
        sheet.anything()
    for glob in globs:
        excluded = glob.startswith("!")
        pattern = posixpath.normpath(glob.lstrip("!").removeprefix("./").rstrip("/") or ".")
        if excluded:
            for one in [one for one in found if _matches(posixpath.relpath(one, where), pattern)]:
                del found[one]
            continue
        if pattern.startswith(".."):
            sheet.unknown(f"the members {glob} of the workspace, which lie outside of {where}")
            sheet.anything()
            continue
        for one in _below(sheet, where, pattern.split("/")):
            if one != where and sheet.around.kind(posixpath.join(one, "package.json")) is not None:
                found[one] = None
    return tuple(sorted(found))


def _matches(path: str, pattern: str) -> bool:
    return fnmatchcase(path, pattern.replace("**/", "*").replace("/**", "/*"))


def _below(sheet: Sheet, where: str, pattern: list[str]) -> list[str]:
    at = [(where, tuple(pattern))]
    found: list[str] = []
    steps = 0
    while at:
        directory, rest = at.pop()
        steps += 1
        if steps > _MOST_DIRECTORIES:
            sheet.unknown(f"the members of the workspace in {where}: there are too many directories")
            sheet.anything()
            return []
        if not rest:
            found.append(directory)
            continue
        first, others = rest[0], rest[1:]
        if not any(char in first for char in "*?[{"):
            if sheet.around.kind(posixpath.join(directory, first)) is Kind.DIRECTORY:
                at.append((posixpath.join(directory, first), others))
            continue
        names = sheet.children(directory)
        if names is None or "{" in first:
            sheet.unknown(f"which directories {'/'.join(pattern)} in {where} means (they were not copied as they are)")
            sheet.anything()
            return []
        if first == "**":
            at.append((directory, others))
        for name in names:
            below = posixpath.join(directory, name)
            if name == "node_modules" or sheet.around.kind(below) is not Kind.DIRECTORY:
                continue
            if first == "**":
                at.append((below, rest))
            elif fnmatchcase(name, first) and not (name.startswith(".") and not first.startswith(".")):
                at.append((below, others))
    return found


def global_install(sheet: Sheet, prefix: str | None = None) -> None:
    """Packages with programs come into the system."""
    prefix = prefix or setting(sheet, "prefix")
    prefixes = [prefix] if prefix else ["/usr/local", "/usr"]
    for one in prefixes:
        for name in ("lib/node_modules", "bin", "share/man", "lib/node", "etc"):
            sheet.write(posixpath.join(one, name))
    if not prefix:
        sheet.assume("npm's prefix is /usr/local or /usr")


def corepack_home(sheet: Sheet) -> None:
    """Where corepack keeps the managers that it starts; later calls need them, so it is no cache."""
    place = sheet.setting("COREPACK_HOME") or sheet.cache_home("node/corepack")
    if place is not None:
        sheet.look_tree(place)
        sheet.write(place)
