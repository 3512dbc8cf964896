"""npm: packages of a Node project by its lock file, and programs for the whole system.

Source: https://docs.npmjs.com/cli/commands/npm-ci, npm-install, npm-cache, npm-prune, .../using-npm/config.
"""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from bakegen.effects.access import Opaque
from bakegen.effects.call import CallExample
from bakegen.effects.manifests.package_json import read_npm_lock
from bakegen.effects.node_packages import (
    VARIABLES,
    configured,
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
    from bakegen.effects.manifests.package_json import LockedPackages, PackageJson
    from bakegen.effects.model import CommandEffect
    from bakegen.effects.words import Words

NAMES = ("npm",)

_GRAMMAR = grammar(
    "-h --help -v --version -g --global -D --save-dev -P --save-prod -O --save-optional -E --save-exact --save"
    " --no-save -S -B --save-bundle --ignore-scripts --no-ignore-scripts --no-audit --audit --no-fund --fund"
    " --production --no-optional --only-prod --legacy-peer-deps --strict-peer-deps --force -f --no-package-lock"
    " --package-lock --package-lock-only --prefer-offline --prefer-online --offline -s --silent -d -dd -ddd -q --quiet"
    " --verbose --no-progress --progress --no-color --unsafe-perm --no-bin-links --foreground-scripts"
    " --no-update-notifier -y --yes --install-links --no-install-links --prefer-dedupe --dry-run --workspaces -ws"
    " --include-workspace-root --no-shrinkwrap --no-workspaces --no-strict-ssl --allow-same-version --no-dry-run"
    " --json -l --long",
    "--omit --include --only --registry --loglevel --cache --prefix -C -w --workspace --fetch-retries --fetch-timeout"
    " --fetch-retry-mintimeout --fetch-retry-maxtimeout --fetch-retry-factor --maxsockets --network-timeout --location"
    " -L --install-strategy --cpu --os --libc --target_arch --target_platform --userconfig --globalconfig --tag"
    " --depth --before --min-release-age --also --jobs --auth-type --scope --cafile",
    "--audit-level --color",
)
_INSTALL = ("install", "i", "in", "ins", "inst", "insta", "instal", "isnt", "isnta", "isntal", "isntall", "add")
_CLEAN = ("ci", "clean-install", "ic", "install-clean", "isntall-clean")
_LOOK = ("ls", "list", "view", "info", "outdated", "root", "bin", "ping", "help", "prefix", "")
_FLAG = "--ignore-scripts"

_PACKAGE = '{"name": "app", "dependencies": {"express": "^4"}}'
_LOCK = '{"lockfileVersion": 3, "packages": {"": {}, "node_modules/express": {"version": "4.0.0"}}}'
_BOTH = ("/app/package.json", "/app/package-lock.json")
_FILES = {"/app/package.json": _PACKAGE, "/app/package-lock.json": _LOCK}

EXAMPLES = (
    CallExample(
        "npm ci --omit=dev --no-audit",
        reads=(*_BOTH, "/app/.npmrc", "/root/.npmrc", "/app/binding.gyp"),
        writes=("/app/node_modules/**", "/root/.npm/**"),
        manifests=_BOTH,
        files=_FILES,
        directory="/app",
    ),
    CallExample(
        "npm ci",
        manifests=_BOTH,
        obstacles=("the script postinstall",),
        files={**_FILES, "/app/package.json": '{"scripts": {"postinstall": "patch-package", "test": "jest"}}'},
        directory="/app",
    ),
    CallExample(
        "npm ci --ignore-scripts",
        writes=("/app/node_modules/**",),
        manifests=_BOTH,
        files={**_FILES, "/app/package.json": '{"scripts": {"prepare": "husky"}}', "/app/binding.gyp": "{}"},
        directory="/app",
    ),
    CallExample(
        "npm ci",
        manifests=_BOTH,
        obstacles=("binding.gyp",),
        files={**_FILES, "/app/binding.gyp": "{}"},
        directory="/app",
    ),
    CallExample(
        "npm install",
        writes=("/app/package-lock.json/**",),
        manifests=_BOTH,
        obstacles=("npm ci",),
        files=_FILES,
        directory="/app",
    ),
    CallExample(
        "npm install",
        writes=("/app/package-lock.json/**",),
        manifests=("/app/package.json",),
        files={"/app/package.json": _PACKAGE},
        directory="/app",
    ),
    CallExample(
        "npm ci",
        manifests=_BOTH,
        obstacles=("/app/lib",),
        files={**_FILES, "/app/package.json": '{"dependencies": {"lib": "file:./lib"}}'},
        directory="/app",
    ),
    CallExample(
        "npm ci",
        reads=("/app/packages/a/package.json",),
        writes=("/app/packages/a/node_modules/**",),
        manifests=(*_BOTH, "/app/packages/a/package.json"),
        files={
            "/app/package.json": '{"workspaces": ["packages/*"]}',
            "/app/package-lock.json": '{"packages": {"packages/a": {}, "node_modules/a":'
            ' {"resolved": "packages/a", "link": true}}}',
            "/app/packages/a/package.json": '{"name": "a"}',
        },
        directory="/app",
    ),
    CallExample("npm install -g typescript@5.4.2", writes=("/usr/local/lib/node_modules/**", "/usr/local/bin/**")),
    CallExample("npm cache clean --force", writes=("/root/.npm/**",)),
    CallExample("npm config set registry https://example.org", writes=("/root/.npmrc/**",)),
    CallExample("npm run build", barrier="npm run"),
    CallExample("npm ci --magic yes", barrier="--magic"),
)


def effect(call: Call) -> CommandEffect:
    """The effect of one call."""
    sheet = Sheet(call, "npm", VARIABLES)
    words = sheet.understood(read_words(call.arguments, _GRAMMAR))
    started(sheet)
    command = words.subcommand
    everywhere = words.has("-g", "--global") or words.value("--location", "-L") == "global"
    prefix = words.value("--prefix", "-C")
    where = sheet.path(prefix if prefix is not None and not everywhere else ".")
    cache = words.value("--cache") or setting(sheet, "cache") or sheet.home(".npm")
    settings = configured(sheet, where, ".npmrc")
    for directory in (where, *ancestors(where)):
        # It looks upwards for the project, and for a workspace that this one is in.
        sheet.look(posixpath.join(directory, "package.json"))
    if cache is not None and command not in ("cache",) and not words.has("--version", "-v"):
        off = ("no cache is named",) if words.has("--no-cache") else ()
        sheet.cache(cache, disabled=off)
    if words.has("--version", "-v", "--help", "-h") or command in _LOOK:
        sheet.look_tree(posixpath.join(where, "node_modules"))
        return sheet.plain()
    if command == "cache":
        if cache is not None:
            sheet.cache(cache)
        return sheet.plain()
    if command in ("config", "set", "c"):
        _config(sheet, words, where)
        return sheet.plain()
    if command not in (*_INSTALL, *_CLEAN, "prune"):
        raise Opaque(f"what npm {command} does is not known")
    if command in _INSTALL and setting(sheet, "global") is not None:
        raise Opaque("npm_config_global is set")
    sheet.fetches()
    if everywhere:
        _global(sheet, words.behind(), prefix)
    else:
        ignored = words.has("--ignore-scripts") or _true(setting(sheet, "ignore-scripts"))
        _local(sheet, words, where, ignored=ignored or _true(settings.get("ignore-scripts")), settings=settings)
    if not sheet.lost:
        sheet.assume("install scripts of packages from the registry look at and write nothing outside of node_modules")
    return sheet.effect() if command != "prune" else sheet.plain()


def _true(value: str | None) -> bool:
    return value is not None and value.lower() not in ("false", "0", "no", "null")


def _config(sheet: Sheet, words: Words, where: str) -> None:
    verb = words.subcommand
    location = words.value("--location", "-L")
    change = verb == "set" or any(one.text in ("set", "delete", "rm") for one in words.operands[1:2])
    if words.has("-g", "--global") or location == "global":
        prefix = setting(sheet, "prefix")
        for one in [posixpath.join(prefix, "etc/npmrc")] if prefix else ["/usr/local/etc/npmrc", "/etc/npmrc"]:
            sheet.write(one)
        return
    # Without being told, versions differ in whether the file is the user's or the project's.
    if change and location != "user":
        sheet.write(posixpath.join(where, ".npmrc"))
    if change and location != "project":
        place = setting(sheet, "userconfig") or sheet.home(".npmrc")
        if place is not None:
            sheet.write(place)


def _global(sheet: Sheet, words: Words, prefix: str | None) -> None:
    sheet.look_tree("/usr/local/lib/node_modules")
    if not words.operands:
        raise Opaque("the project itself is installed for the whole system")
    for operand in words.operands:
        text = operand.text or operand.prefix
        spec = text[text.index("@", 1) + 1 :] if "@" in text[1:] else text
        if operand.pattern or spec.startswith((".", "/", "~", "file:", "link:")):
            if spec.endswith((".tgz", ".tar.gz")):
                sheet.archive(operand)
            else:
                sheet.obstacle(f"it installs the directory {text}", anything=True)
    global_install(sheet, prefix)


def _local(sheet: Sheet, words: Words, where: str, *, ignored: bool, settings: dict[str, str]) -> None:
    clean = words.subcommand in _CLEAN
    prune = words.subcommand == "prune"
    said = package(sheet, where)
    lock, path = _lock(sheet, where, needed=clean)
    sheet.locked = clean
    added = [] if prune or clean else words.behind().operands
    for operand in added:
        text = operand.text or operand.prefix
        if operand.pattern or operand.text is None or text.startswith((".", "/", "~", "file:", "link:")):
            sheet.obstacle(f"it installs {text}", anything=True)
    if not clean:
        _saves(sheet, words, where, path, settings, added=bool(added))
    sheet.look_tree(posixpath.join(where, "node_modules"))
    sheet.write(posixpath.join(where, "node_modules"))
    if said is None:
        return
    members = _members(sheet, where, said, lock)
    if not ignored and not prune:
        scripts(sheet, where, said, _FLAG)
        readers(sheet, said.names | (lock.scripts if lock is not None else frozenset()), _FLAG)
    for directory in members:
        member(sheet, directory, _FLAG, ignored=ignored or prune, members=members)
    dependencies(sheet, where, said, members)
    if lock is not None:
        locked(sheet, where, lock, members)


def _members(sheet: Sheet, where: str, said: PackageJson, lock: LockedPackages | None) -> tuple[str, ...]:
    """The directories of the workspace's members: a lock file names them, else the globs do."""
    if not said.workspaces:
        return ()
    if lock is not None and lock.projects:
        return tuple(sheet.path(posixpath.join(where, one)) for one in lock.projects if not one.startswith(".."))
    return workspace(sheet, where, said.workspaces)


def _lock(sheet: Sheet, where: str, *, needed: bool) -> tuple[LockedPackages | None, str]:
    """The lock file that counts, read, and its path; npm-shrinkwrap.json goes before package-lock.json."""
    shrinkwrap = posixpath.join(where, "npm-shrinkwrap.json")
    path = posixpath.join(where, "package-lock.json")
    if sheet.exists(shrinkwrap):
        path = shrinkwrap
    else:
        sheet.maybe(shrinkwrap)
    if not needed:
        yarn = posixpath.join(where, "yarn.lock")
        sheet.maybe(yarn)
        sheet.maybe(posixpath.join(where, "node_modules/.package-lock.json"))
        if not sheet.exists(path):
            sheet.maybe(path)
            return None, ""
    source = sheet.manifest(path)
    lock = read_npm_lock(source.text) if source is not None else None
    if source is not None and lock is None:
        sheet.unknown(f"{path}, which is no JSON object")
        sheet.anything()
    return lock, path


def _saves(sheet: Sheet, words: Words, where: str, lock: str, settings: dict[str, str], *, added: bool) -> None:
    """npm install writes what it has found into the lock file, and what it was told to add into package.json."""
    if words.has("--no-save") or setting(sheet, "save") == "false":
        return
    if added:
        sheet.write(posixpath.join(where, "package.json"))
        sheet.obstacle(f"npm install writes {where}/package.json", anything=False)
    keeps = words.has("--no-package-lock", "--no-shrinkwrap") or "false" in (
        setting(sheet, "package-lock"), settings.get("package-lock"))  # fmt: skip
    if keeps and not added:
        return
    sheet.write(lock or posixpath.join(where, "package-lock.json"))
    if lock:
        sheet.obstacle(f"npm install may write {lock} anew: npm ci does not")
