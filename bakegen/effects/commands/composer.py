"""composer: packages of a PHP project by its lock file.

Source: https://getcomposer.org/doc/03-cli.md (install, environment variables) and .../06-config.md.
"""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from bakegen.effects.access import Opaque
from bakegen.effects.call import CallExample
from bakegen.effects.manifests.composer_json import read_composer_json, read_composer_lock
from bakegen.effects.model import Names
from bakegen.effects.toolbox import NETWORK, Sheet
from bakegen.effects.words import grammar, read_words

if TYPE_CHECKING:
    from bakegen.effects.call import Call
    from bakegen.effects.model import CommandEffect
    from bakegen.effects.words import Words

NAMES = ("composer", "composer.phar")

_GRAMMAR = grammar(
    "-h --help -q --quiet -V --version --ansi --no-ansi -n --no-interaction --profile --no-plugins --no-scripts"
    " --no-cache -v -vv -vvv --verbose --prefer-source --prefer-dist --dry-run --dev --no-dev --no-suggest"
    " --no-autoloader --no-progress --no-install --audit --no-audit -o --optimize-autoloader -a"
    " --classmap-authoritative --apcu-autoloader --ignore-platform-reqs --no-security-blocking -g --global --unset",
    "-d --working-dir --ignore-platform-req --prefer-install --apcu-autoloader-prefix --audit-format",
)
_JSON = '{"require": {"monolog/monolog": "^3"}, "scripts": {"post-autoload-dump": "php artisan x"}}'
_FILES = {"/app/composer.json": _JSON, "/app/composer.lock": '{"packages": [{"name": "monolog/monolog"}]}'}
_BOTH = ("/app/composer.json", "/app/composer.lock")

EXAMPLES = (
    CallExample(
        "composer install --no-dev --no-scripts --no-autoloader --prefer-dist --no-interaction",
        reads=(*_BOTH, "/app/auth.json"),
        writes=("/app/vendor/**",),
        manifests=_BOTH,
        files=_FILES,
        directory="/app",
    ),
    CallExample(
        "composer install --no-dev",
        manifests=_BOTH,
        obstacles=("add --no-scripts", "add --no-autoloader"),
        files=_FILES,
        directory="/app",
    ),
    CallExample(
        "composer install --no-scripts --no-autoloader",
        manifests=_BOTH,
        obstacles=("/app/packages/own",),
        files={**_FILES, "/app/composer.json": '{"repositories": [{"type": "path", "url": "packages/own"}]}'},
        directory="/app",
    ),
    CallExample("composer clear-cache", writes=("/tmp/cache/**",), variables={"COMPOSER_HOME": "/tmp"}),
    CallExample("composer dump-autoload -o", barrier="composer dump-autoload"),
    CallExample("composer install --magic", barrier="--magic"),
)


def effect(call: Call) -> CommandEffect:
    """The effect of one call."""
    sheet = Sheet(call, "composer", NETWORK | Names.of("COMPOSER*", "PHP*", "XDEBUG_*", "GITHUB_*", "GITLAB_*"))
    words = sheet.understood(read_words(call.arguments, _GRAMMAR))
    command = words.subcommand
    for place in ("/etc/php", "/etc/composer"):
        sheet.look_tree(place)
    caches, unsure = _caches(sheet)
    if words.has("--version", "-V", "--help", "-h"):
        return sheet.plain()
    if command in ("clear-cache", "clearcache", "cc"):
        for place in caches:
            sheet.write(place)
        return sheet.plain()
    if command not in ("install", "i") or len(words.operands) > 1 or words.has("-g", "--global"):
        raise Opaque(f"what composer {command} does is not known")
    where = sheet.path(words.value("-d", "--working-dir") or ".")
    path = posixpath.join(where, sheet.setting("COMPOSER") or "composer.json")
    _project(sheet, words, path)
    sheet.maybe(posixpath.join(where, "auth.json"))
    sheet.fetches()
    sheet.defeat(words, "--no-cache")
    for place in caches:
        sheet.cache(place, disabled=unsure)
    return sheet.effect()


def _caches(sheet: Sheet) -> tuple[list[str], tuple[str, ...]]:
    """Where downloads are kept, and why it is not sure; settings and credentials of the user are looked at."""
    home = sheet.setting("COMPOSER_HOME")
    own = sheet.home()
    homes = (
        [home]
        if home is not None
        else [posixpath.join(own or "/root", one) for one in (".composer", ".config/composer")]
    )
    for one in homes:
        sheet.look_tree(one)
        sheet.write(one)
    sheet.assume("composer's settings in the image move none of its directories")
    given = sheet.setting("COMPOSER_CACHE_DIR")
    if given is not None:
        return [given], ()
    if home is not None:
        return [posixpath.join(home, "cache")], ()
    found = [sheet.cache_home("composer") or "/root/.cache/composer", posixpath.join(homes[0], "cache")]
    return found, ("which directory it is depends on the image: set COMPOSER_CACHE_DIR",)


def _project(sheet: Sheet, words: Words, path: str) -> None:
    where = posixpath.dirname(path)
    source = sheet.manifest(path)
    lock = sheet.manifest(path.removesuffix(".json") + ".lock")
    said = read_composer_json(source.text) if source is not None else None
    locked = read_composer_lock(lock.text) if lock is not None else None
    if (source is not None and said is None) or (lock is not None and locked is None):
        sheet.unknown(f"{path} or its lock file, which is no JSON object")
        sheet.anything()
    sheet.locked = True
    vendor = sheet.setting("COMPOSER_VENDOR_DIR") or (said.vendor if said is not None else "vendor")
    programs = sheet.setting("COMPOSER_BIN_DIR") or (said.programs if said is not None else "")
    for place in (vendor, programs):
        if place:
            sheet.look_tree(posixpath.join(where, place))
            sheet.write(posixpath.join(where, place))
    if said is None or locked is None:
        return
    for name in said.scripts[:1] if not words.has("--no-scripts") else ():
        sheet.obstacle(f"the script {name} of {path} runs: add --no-scripts", anything=True)
    if not words.has("--no-autoloader"):
        sheet.obstacle(f"the autoloader is made of the sources below {where}: add --no-autoloader")
        sheet.look_tree(where)
    for name in said.moved:
        sheet.unknown(f"what {name} in {path} means for the files that are used")
        sheet.anything()
    for one in dict.fromkeys((*said.local, *locked[0])):
        directory = sheet.path(posixpath.join(where, one.removeprefix("file://").rstrip("*")))
        sheet.obstacle(f"packages come from the directory {directory}", anything=True)
    if locked[1] and not words.has("--no-plugins"):
        sheet.assume(f"composer's plugin {locked[1][0]} looks at and writes nothing but packages")
