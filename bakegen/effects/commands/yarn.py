"""yarn, classic and modern: packages of a Node project by its lock file.

Source: https://classic.yarnpkg.com/docs/cli/install, .../cli/cache; https://yarnpkg.com/cli/install,
https://yarnpkg.com/configuration/yarnrc, https://yarnpkg.com/advanced/lifecycle-scripts.
"""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

from bakegen.effects.access import Opaque
from bakegen.effects.call import CallExample
from bakegen.effects.manifests.package_json import read_yarn_lock
from bakegen.effects.node_packages import (
    VARIABLES,
    configured,
    corepack_home,
    dependencies,
    global_install,
    locked,
    member,
    package,
    readers,
    scripts,
    setting,
    started,
    workspace,
)
from bakegen.effects.places import ancestors
from bakegen.effects.toolbox import Sheet
from bakegen.effects.words import grammar, read_words
from bakegen.facts.model import Kind

if TYPE_CHECKING:
    from bakegen.effects.call import Call
    from bakegen.effects.manifests.package_json import LockedPackages, PackageJson
    from bakegen.effects.model import CommandEffect
    from bakegen.effects.words import Words

NAMES = ("yarn", "yarnpkg")

_GRAMMAR = grammar(
    "-h --help -v --version --frozen-lockfile --immutable --immutable-cache --no-immutable --pure-lockfile"
    " --no-lockfile --production --prod --ignore-scripts --ignore-engines --ignore-optional --ignore-platform"
    " --non-interactive --silent -s --verbose --no-progress --prefer-offline --offline --force --flat --check-files"
    " --no-bin-links --link-duplicates --skip-integrity-check --check-cache --inline-builds --json --all --mirror"
    " --no-default-rc -D --dev -E --exact -T -P --peer -O --optional -W"
    " --ignore-workspace-root-check --refresh-lockfile --disable-pnp"
    "",
    "--network-timeout --network-concurrency --cache-folder --modules-folder --cwd --registry --mutex --mode"
    " --preferred-cache-folder --use-yarnrc --pattern --link-folder --global-folder --prefix --otp --emoji",
)
_FLAG_CLASSIC = "--ignore-scripts"
_FLAG_BERRY = "--mode=skip-build"
_PLUGIN = re.compile(r"^\s+(?:-\s+)?(?:path:\s*)?['\"]?(\.yarn/plugins/[^\s'\"]+)", re.MULTILINE)
_KEY = re.compile(r"^([A-Za-z][A-Za-z0-9]*):\s*['\"]?([^'\"#\n]*?)['\"]?\s*(?:#.*)?$", re.MULTILINE)
_MOVES = frozenset(("cacheFolder", "installStatePath", "virtualFolder", "pnpUnpluggedFolder", "lockfileFilename",
                    "globalFolder", "deferredVersionFolder", "injectEnvironmentFiles", "constraintsPath"))  # fmt: skip

_PACKAGE = '{"dependencies": {"express": "^4"}}'
_CLASSIC = '# yarn lockfile v1\n\nexpress@^4:\n  version "4.0.0"\n  resolved "https://registry.yarnpkg.com/e.tgz#1"\n'
_BERRY = '__metadata:\n  version: 8\n\n"express@npm:^4":\n  version: 4.0.0\n  resolution: "express@npm:4.0.0"\n'
_BOTH = ("/app/package.json", "/app/yarn.lock")
_FILES = {"/app/package.json": _PACKAGE, "/app/yarn.lock": _CLASSIC}
_NPM_STYLE = "nodeLinker: node-modules\nyarnPath: .yarn/releases/yarn-4.cjs\n"

EXAMPLES = (
    CallExample(
        "yarn install --frozen-lockfile --production",
        reads=(*_BOTH, "/app/.yarnrc", "/app/.npmrc"),
        writes=("/app/node_modules/**", "/usr/local/share/.cache/yarn/**"),
        ensures=("/root/.cache", "/root/.cache/node", "/usr/local/share/.cache"),
        manifests=_BOTH,
        files=_FILES,
        directory="/app",
    ),
    CallExample(
        "yarn",
        writes=("/app/yarn.lock/**",),
        ensures=("/root/.cache", "/root/.cache/node", "/usr/local/share/.cache"),
        manifests=_BOTH,
        obstacles=("--frozen-lockfile",),
        files=_FILES,
        directory="/app",
    ),
    CallExample(
        "yarn install --immutable",
        writes=("/app/node_modules/**", "/app/.yarn/**"),
        ensures=("/root/.cache", "/root/.cache/node", "/root/.yarn"),
        manifests=(*_BOTH, "/app/.yarnrc.yml", "/app/.yarn/releases/yarn-4.cjs"),
        files={
            "/app/package.json": _PACKAGE,
            "/app/yarn.lock": _BERRY,
            "/app/.yarnrc.yml": _NPM_STYLE,
            "/app/.yarn/releases/yarn-4.cjs": "",
        },
        directory="/app",
    ),
    CallExample(
        "yarn install --frozen-lockfile",
        manifests=_BOTH,
        obstacles=("the script prepare",),
        files={**_FILES, "/app/package.json": '{"scripts": {"prepare": "husky"}}'},
        directory="/app",
    ),
    CallExample("yarn cache clean", writes=("/usr/local/share/.cache/yarn/**", "/root/.yarn/berry/**"),
                ensures=("/root/.yarn", "/usr/local/share/.cache")),
    CallExample("yarn global add serve@14", writes=("/usr/local/bin/**",),
                ensures=("/root/.cache", "/root/.cache/node", "/root/.config", "/usr/local/share/.cache",
                         "/usr/local/share/.config")),
    CallExample("yarn build", barrier="yarn build"),
    CallExample("yarn install --magic x", barrier="--magic"),
)  # fmt: skip


def effect(call: Call) -> CommandEffect:
    """The effect of one call."""
    sheet = Sheet(call, "yarn", VARIABLES)
    words = sheet.understood(read_words(call.arguments, _GRAMMAR))
    started(sheet)
    where = sheet.path(words.value("--cwd") or ".")
    command = words.subcommand or "install"
    if words.has("--version", "-v", "--help", "-h"):
        corepack_home(sheet)
        return sheet.plain()
    if command == "cache":
        sheet.cache(_classic_cache(sheet, words))
        sheet.cache(_berry_cache(sheet))
        return sheet.plain()
    corepack_home(sheet)
    settings = configured(sheet, where, ".npmrc", ".yarnrc")
    if command == "global":
        _global(sheet, words)
        return sheet.effect()
    if command != "install" or len(words.operands) > 1:
        raise Opaque(f"what yarn {command} does is not known")
    said = package(sheet, where)
    lock = sheet.manifest(posixpath.join(where, "yarn.lock"))
    read = read_yarn_lock(lock.text) if lock is not None else None
    sheet.fetches()
    for directory in (where, *ancestors(where)):
        sheet.look(posixpath.join(directory, "package.json"))
    if said is not None and read is not None:
        _project(sheet, words, where, said, read, _true(settings.get("ignore-scripts")))
    sheet.look_tree(posixpath.join(where, "node_modules"))
    sheet.write(posixpath.join(where, "node_modules"))
    if not sheet.lost:
        sheet.assume("install scripts of packages from the registry look at and write nothing outside of node_modules")
    return sheet.effect()


def _true(value: str | None) -> bool:
    return value is not None and value.lower() not in ("false", "0", "no")


def _project(sheet: Sheet, words: Words, where: str, said: PackageJson, lock: LockedPackages, silent: bool) -> None:
    berry = lock.berry
    flag = _FLAG_BERRY if berry else _FLAG_CLASSIC
    ignored = silent or words.has("--ignore-scripts") or words.value("--mode") == "skip-build"
    ignored = ignored or (not berry and _true(setting(sheet, "ignore-scripts")))
    sheet.locked = words.has("--immutable" if berry else "--frozen-lockfile")
    if not sheet.locked and not (words.has("--pure-lockfile") and not berry):
        wanted = "--immutable" if berry else "--frozen-lockfile"
        sheet.obstacle(f"yarn install may write yarn.lock anew: add {wanted}")
        sheet.write(posixpath.join(where, "yarn.lock"))
    members = tuple(sheet.path(posixpath.join(where, one)) for one in lock.projects if berry and said.workspaces)
    members = members or workspace(sheet, where, said.workspaces)
    if not ignored:
        scripts(sheet, where, said, flag)
        readers(sheet, said.names | lock.names, flag)
    for directory in members:
        member(sheet, directory, flag, ignored=ignored, members=members)
    dependencies(sheet, where, said, members)
    locked(sheet, where, lock, members)
    if berry:
        _berry(sheet, where)
    else:
        mirror = sheet.around.kind(posixpath.join(where, ".yarnrc.yml"))
        if mirror is not None:
            raise Opaque("the lock file is of yarn 1, and the settings are of a later one")
        sheet.cache(_classic_cache(sheet, words))


def _classic_cache(sheet: Sheet, words: Words) -> str | None:
    given = words.value("--cache-folder") or sheet.setting("YARN_CACHE_FOLDER")
    if given is not None:
        return given
    if sheet.is_root:
        # yarn 1 keeps it there for root, whatever HOME is.
        return "/usr/local/share/.cache/yarn"
    return sheet.cache_home("yarn")


def _berry_cache(sheet: Sheet) -> str | None:
    folder = sheet.setting("YARN_GLOBAL_FOLDER")
    return posixpath.join(folder, "cache") if folder else sheet.home(".yarn/berry")


def _berry(sheet: Sheet, where: str) -> None:
    """yarn 2 and later: settings, the program itself, plugins and patches lie in the project."""
    source = sheet.manifest(posixpath.join(where, ".yarnrc.yml"))
    said = dict(_KEY.findall(source.text)) if source is not None else {}
    for key in sorted(_MOVES & set(said)):
        sheet.unknown(f"what the setting {key} in {where}/.yarnrc.yml means for the files that are used")
        sheet.anything()
    program = said.get("yarnPath")
    for name in (*([program] if program else []), *_PLUGIN.findall(source.text if source is not None else "")):
        sheet.archive(posixpath.join(where, name))
    if sheet.around.kind(posixpath.join(where, ".yarn/cache")) is Kind.DIRECTORY:
        sheet.obstacle(f"packages are taken from {where}/.yarn/cache")
    if said.get("plugins") is not None:
        sheet.assume("yarn's plugins look at nothing but what yarn itself does")
    for name in (".yarn", ".pnp.cjs", ".pnp.loader.mjs"):
        sheet.look_tree(posixpath.join(where, name))
        sheet.write(posixpath.join(where, name))
    for name in (".yarnrc.yml", "yarn.config.cjs", ".env.yarn"):
        for directory in ancestors(where):
            sheet.look(posixpath.join(directory, name))
    sheet.maybe(posixpath.join(where, ".env.yarn"))
    home = sheet.home(".yarnrc.yml")
    if home is not None:
        sheet.look(home)
    place = _berry_cache(sheet)
    off = []
    linker = sheet.setting("YARN_NODE_LINKER") or said.get("nodeLinker")
    if linker != "node-modules":
        off.append("programs load packages out of it, as nodeLinker is not node-modules")
    if (sheet.setting("YARN_ENABLE_GLOBAL_CACHE") or said.get("enableGlobalCache")) == "false":
        off.append("enableGlobalCache is false")
    if place is not None:
        sheet.cache(place, disabled=tuple(off))


def _global(sheet: Sheet, words: Words) -> None:
    if [one.text for one in words.operands[1:2]] != ["add"]:
        raise Opaque("what yarn global does here is not known")
    for operand in words.operands[2:]:
        text = operand.text or operand.prefix
        if text.startswith((".", "/", "~", "file:", "link:")) or operand.pattern:
            sheet.obstacle(f"it installs the directory {text}", anything=True)
    global_install(sheet, words.value("--prefix"))
    folder = words.value("--global-folder")
    places = [folder] if folder else ["/usr/local/share/.config/yarn", sheet.home(".config/yarn")]
    for place in places:
        if place is not None:
            sheet.write(place)
    sheet.fetches()
    sheet.cache(_classic_cache(sheet, words))
    sheet.assume("install scripts of packages from the registry look at and write nothing outside of node_modules")
