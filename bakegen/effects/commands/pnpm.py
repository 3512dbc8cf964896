"""pnpm: packages of a Node project by its lock file, linked out of one store.

Source: https://pnpm.io/cli/install, .../cli/fetch, .../cli/store, .../settings, .../pnpm-workspace_yaml, .../docker.
"""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from bakegen.effects.access import Opaque
from bakegen.effects.call import CallExample
from bakegen.effects.manifests.package_json import read_pnpm_lock, read_pnpm_workspace
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

if TYPE_CHECKING:
    from bakegen.effects.call import Call
    from bakegen.effects.model import CommandEffect
    from bakegen.effects.words import Words

NAMES = ("pnpm", "pn")

_GRAMMAR = grammar(
    "-h --help -v --version --frozen-lockfile --no-frozen-lockfile --prefer-frozen-lockfile --prod -P --production"
    " --dev -D --no-optional --ignore-scripts --offline --prefer-offline --silent -s --force --lockfile-only"
    " --no-lockfile --fix-lockfile --shamefully-hoist --strict-peer-dependencies --no-strict-peer-dependencies"
    " --side-effects-cache --ignore-pnpmfile --no-hoist --recursive -r -w --workspace-root --ignore-workspace --color"
    " --no-color -g --global --no-verify-store-integrity --aggregate-output --stream --use-stderr -E --save-exact"
    " --no-save --unsafe-perm"
    " --save-dev --save-prod --yes -y --dangerously-allow-all-builds",
    "--filter -F --reporter --loglevel --registry --store-dir --virtual-store-dir --modules-dir --dir -C"
    " --network-concurrency --child-concurrency --fetch-timeout --fetch-retries --package-import-method --node-linker"
    " --resolution-mode --workspace-concurrency --cpu --os --libc --global-dir --allow-build --depth",
    "--prod --dev",
)
_FLAG = "--ignore-scripts"
_PACKAGE = '{"dependencies": {"express": "^4"}}'
_LOCK = (
    "lockfileVersion: '9.0'\nimporters:\n  .:\n    dependencies:\n      express:\n        version: 4.0.0\n"
    "packages:\n  express@4.0.0:\n    resolution: {integrity: sha512-x}\n"
)
_BOTH = ("/app/package.json", "/app/pnpm-lock.yaml")
_FILES = {"/app/package.json": _PACKAGE, "/app/pnpm-lock.yaml": _LOCK}
_MADE = ("/root/.cache", "/root/.cache/node", "/root/.local", "/root/.local/share", "/root/.local/state")

EXAMPLES = (
    CallExample(
        "pnpm install --frozen-lockfile --prod",
        reads=(*_BOTH, "/app/.npmrc", "/app/pnpm-workspace.yaml", "/app/.pnpmfile.cjs"),
        writes=("/app/node_modules/**", "/root/.local/share/pnpm/**"),
        ensures=_MADE,
        manifests=_BOTH,
        files=_FILES,
        directory="/app",
    ),
    CallExample(
        "pnpm fetch --prod",
        writes=("/app/node_modules/**",),
        ensures=_MADE,
        manifests=("/app/pnpm-lock.yaml",),
        files=_FILES,
        directory="/app",
    ),
    CallExample(
        "pnpm i",
        writes=("/app/pnpm-lock.yaml/**",),
        ensures=_MADE,
        manifests=_BOTH,
        obstacles=("add --frozen-lockfile",),
        files=_FILES,
        directory="/app",
    ),
    CallExample(
        "pnpm install --frozen-lockfile",
        ensures=_MADE,
        manifests=(
            *_BOTH,
            "/app/pnpm-workspace.yaml",
            "/app/packages/a/package.json",
            "/app/patches/express.patch",
        ),
        files={
            "/app/package.json": _PACKAGE,
            "/app/pnpm-workspace.yaml": "packages:\n  - 'packages/*'\n",
            "/app/packages/a/package.json": "{}",
            "/app/patches/express.patch": "",
            "/app/pnpm-lock.yaml": _LOCK.replace("importers:\n", "importers:\n  packages/a: {}\n")
            + "patchedDependencies:\n  express@4.0.0:\n    hash: x\n    path: patches/express.patch\n",
        },
        directory="/app",
    ),
    CallExample(
        "pnpm install --frozen-lockfile",
        manifests=_BOTH,
        obstacles=("the script prepare", "/app/.pnpmfile.cjs"),
        files={**_FILES, "/app/package.json": '{"scripts": {"prepare": "x"}}', "/app/.pnpmfile.cjs": ""},
        directory="/app",
    ),
    CallExample("pnpm store prune", writes=("/root/.local/share/pnpm/**",), ensures=_MADE),
    CallExample("pnpm add -g serve@14", writes=("/root/.local/share/pnpm/**",), ensures=_MADE),
    CallExample("pnpm build", barrier="pnpm build"),
    CallExample("pnpm --filter web deploy /out", barrier="deploy"),
)


def effect(call: Call) -> CommandEffect:
    """The effect of one call."""
    sheet = Sheet(call, "pnpm", VARIABLES)
    words = sheet.understood(read_words(call.arguments, _GRAMMAR))
    started(sheet)
    corepack_home(sheet)
    command = words.subcommand
    where = sheet.path(words.value("-C", "--dir") or ".")
    if words.has("--version", "-v", "--help", "-h"):
        return sheet.plain()
    if words.all("--virtual-store-dir", "--modules-dir", "--global-dir"):
        raise Opaque("its directories are moved")
    store, metadata = _places(sheet, words)
    if command == "store":
        sheet.cache(store)
        sheet.cache(metadata)
        return sheet.plain()
    settings = configured(sheet, where, ".npmrc")
    sheet.fetches()
    sheet.cache(store, store=True)
    sheet.cache(metadata)
    if command in ("add", "install", "i") and words.has("-g", "--global"):
        for operand in words.behind().operands:
            if (operand.text or operand.prefix).startswith((".", "/", "~", "file:", "link:")):
                sheet.obstacle(f"it installs the directory {operand.text}", anything=True)
        global_install(sheet, sheet.setting("PNPM_HOME"))
        sheet.assume("install scripts of packages from the registry look at and write nothing outside of node_modules")
        return sheet.effect()
    if command not in ("install", "i", "fetch") or len(words.operands) > 1:
        raise Opaque(f"what pnpm {command} does is not known")
    _project(sheet, words, where, fetch=command == "fetch", silent=settings.get("ignore-scripts") == "true")
    if not sheet.lost:
        sheet.assume("install scripts of packages from the registry look at and write nothing outside of node_modules")
    return sheet.effect()


def _places(sheet: Sheet, words: Words) -> tuple[str | None, str | None]:
    """The store of packages and the cache of metadata; other things of pnpm's own are written too."""
    home = sheet.setting("PNPM_HOME")
    data = sheet.setting("XDG_DATA_HOME")
    home = home or (posixpath.join(data, "pnpm") if data else sheet.home(".local/share/pnpm"))
    # Programs, and versions of pnpm itself that a project asks for.
    for place in (home, sheet.home(".local/state/pnpm")):
        if place is not None:
            sheet.write(place)
    given = words.value("--store-dir") or setting(sheet, "store-dir")
    return given or (posixpath.join(home, "store") if home else None), sheet.cache_home("pnpm")


def _project(sheet: Sheet, words: Words, where: str, *, fetch: bool, silent: bool) -> None:
    source = sheet.manifest(posixpath.join(where, "pnpm-lock.yaml"))
    lock = read_pnpm_lock(source.text) if source is not None else None
    file = sheet.maybe(posixpath.join(where, "pnpm-workspace.yaml"))
    globs, patches = read_pnpm_workspace(file.text) if file is not None else ((), ())
    if file is not None:
        sheet.archive(posixpath.join(where, "pnpm-workspace.yaml"))
    for directory in ancestors(where):
        sheet.look(posixpath.join(directory, "pnpm-workspace.yaml"))
    for patch in (*patches, *(lock.patches if lock is not None else ())):
        sheet.archive(posixpath.join(where, patch))
    for name in (".pnpmfile.cjs", ".pnpmfile.mjs", "pnpmfile.js"):
        path = posixpath.join(where, name)
        sheet.look(path)
        if sheet.exists(path) and not words.has("--ignore-pnpmfile"):
            sheet.obstacle(f"pnpm runs the hooks in {path}", anything=True)
    ignored = silent or words.has("--ignore-scripts") or setting(sheet, "ignore-scripts") == "true"
    sheet.locked = fetch or words.has("--frozen-lockfile")
    if not sheet.locked:
        sheet.obstacle(f"pnpm install may write {where}/pnpm-lock.yaml anew: add --frozen-lockfile")
        sheet.write(posixpath.join(where, "pnpm-lock.yaml"))
    sheet.look_tree(posixpath.join(where, "node_modules"))
    sheet.write(posixpath.join(where, "node_modules"))
    if lock is None:
        return
    if fetch:
        for path in lock.archives:
            sheet.archive(posixpath.join(where, path))
        for name in lock.names if not ignored else ():
            readers(sheet, frozenset((name,)), _FLAG)
        sheet.look(posixpath.join(where, "package.json"))
        return
    said = package(sheet, where)
    members = tuple(sheet.path(posixpath.join(where, one)) for one in lock.projects if globs)
    members = members or (workspace(sheet, where, globs) if globs else ())
    if said is None:
        return
    if not ignored:
        scripts(sheet, where, said, _FLAG)
        readers(sheet, said.names | lock.names, _FLAG)
    for directory in members:
        member(sheet, directory, _FLAG, ignored=ignored, members=members)
    dependencies(sheet, where, said, members)
    locked(sheet, where, lock, members)
