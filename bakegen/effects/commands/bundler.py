"""bundler: gems of a Ruby project by its lock file.

Source: https://bundler.io/man/bundle-install.1.html and .../bundle-config.1.html.
"""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from bakegen.effects.access import Opaque
from bakegen.effects.call import CallExample
from bakegen.effects.manifests.gemfile import read_gemfile, read_gemfile_lock
from bakegen.effects.model import Names
from bakegen.effects.places import ancestors
from bakegen.effects.ruby_packages import VARIABLES, gem_places
from bakegen.effects.toolbox import Sheet
from bakegen.effects.words import grammar, read_words

if TYPE_CHECKING:
    from bakegen.effects.call import Call
    from bakegen.effects.model import CommandEffect
    from bakegen.effects.words import Words

NAMES = ("bundle", "bundler")

_GRAMMAR = grammar(
    "-h --help -v --version -V --verbose -q --quiet --no-color --frozen --deployment --local --prefer-local --force"
    " --redownload --no-cache --no-prune --system --clean --full-index --no-lock --global --retry --delete --all",
    "-j --jobs --without --with --path --gemfile --binstubs --shebang --standalone --trust-policy --target-rbconfig",
    "--retry",
)
_FILES = {
    "/app/Gemfile": 'source "https://rubygems.org"\nruby file: ".ruby-version"\ngem "rack", "~> 3" # web\n',
    "/app/Gemfile.lock": "GEM\n  remote: https://rubygems.org/\n  specs:\n    rack (3.0)\n",
    "/app/.ruby-version": "3.3.0\n",
}
_ALL = ("/app/Gemfile", "/app/Gemfile.lock", "/app/.ruby-version")
_FROZEN = {"BUNDLE_DEPLOYMENT": "1", "BUNDLE_PATH": "/usr/local/bundle", "GEM_HOME": "/usr/local/bundle"}

EXAMPLES = (
    CallExample(
        "bundle install --jobs 4",
        reads=(*_ALL, "/app/.bundle/config"),
        writes=("/usr/local/bundle/**", "/root/.bundle/**"),
        manifests=_ALL,
        files=_FILES,
        directory="/app",
        variables=_FROZEN,
    ),
    CallExample(
        "bundle install",
        writes=("/app/Gemfile.lock/**",),
        manifests=_ALL,
        obstacles=("BUNDLE_FROZEN",),
        files=_FILES,
        directory="/app",
    ),
    CallExample(
        "bundle install",
        manifests=("/app/Gemfile", "/app/Gemfile.lock"),
        obstacles=("/app/engines/blog", "gemspec", "runs code"),
        files={
            "/app/Gemfile": 'gemspec\ngem "blog", path: "engines/blog"\neval_gemfile "x"\n',
            "/app/Gemfile.lock": "PATH\n  remote: engines/blog\n  specs:\n",
        },
        directory="/app",
        variables=_FROZEN,
    ),
    CallExample("bundle config set --local without 'development test'", writes=("/app/.bundle/**",), directory="/app"),
    CallExample("bundle exec rake assets:precompile", barrier="bundle exec"),
    CallExample("bundle install --magic", barrier="--magic"),
)


def effect(call: Call) -> CommandEffect:
    """The effect of one call."""
    sheet = Sheet(call, "bundler", VARIABLES | Names.of("BUNDLE_*", "BUNDLER_*", "RAILS_ENV", "RACK_ENV"))
    first = next((one.text for one in call.arguments if one.text and not one.text.startswith("-")), "install")
    if first == "config":
        return _config(sheet)
    words = sheet.understood(read_words(call.arguments, _GRAMMAR))
    if words.has("--version", "-v", "--help", "-h"):
        return sheet.plain()
    if first != "install" or len(words.operands) > 1:
        raise Opaque(f"what bundle {first} does is not known")
    gemfile = sheet.path(words.value("--gemfile") or sheet.setting("BUNDLE_GEMFILE") or "Gemfile")
    where = posixpath.dirname(gemfile)
    _settings(sheet, where)
    _project(sheet, words, gemfile)
    places = list(gem_places(sheet))
    path = words.value("--path") or sheet.setting("BUNDLE_PATH")
    places.append(posixpath.join(where, path) if path is not None else posixpath.join(where, "vendor/bundle"))
    binstubs = words.value("--binstubs") or sheet.setting("BUNDLE_BIN")
    if words.all("--standalone") or words.all("--shebang"):
        raise Opaque("what it sets up beside the gems is not known")
    for place in [*places, *([posixpath.join(where, binstubs)] if binstubs is not None else [])]:
        sheet.look_tree(place)
        sheet.write(place)
    sheet.fetches()
    if not sheet.lost:
        sheet.assume("building gems looks at and writes nothing outside of where gems install")
    return sheet.effect()


def _config(sheet: Sheet) -> CommandEffect:
    """Settings go into the project's, the user's or the application's directory."""
    for place in (".bundle", sheet.home(".bundle"), sheet.setting("BUNDLE_APP_CONFIG")):
        if place is not None:
            sheet.look_tree(place)
            sheet.write(place)
    return sheet.plain()


def _settings(sheet: Sheet, where: str) -> None:
    for directory in (where, *ancestors(where)):
        sheet.look(posixpath.join(directory, "Gemfile"))
    app = sheet.setting("BUNDLE_APP_CONFIG")
    for place in (posixpath.join(where, ".bundle"), sheet.home(".bundle"), app):
        if place is None:
            continue
        config = posixpath.join(place, "config")
        source = sheet.text_or_unknown(config, "bundler's settings in the image move none of its directories")
        if source is not None and "BUNDLE_PATH" in source.text:
            sheet.unknown(f"what BUNDLE_PATH in {config} means for the files that are written")
            sheet.anything()
        sheet.look_tree(place)
        sheet.write(place)


def _project(sheet: Sheet, words: Words, gemfile: str) -> None:
    where = posixpath.dirname(gemfile)
    source = sheet.manifest(gemfile)
    path = f"{gemfile}.lock" if not gemfile.endswith("gems.rb") else posixpath.join(where, "gems.locked")
    lock = sheet.manifest(path)
    said = read_gemfile(source.text if source is not None else "")
    for file in said.files:
        sheet.archive(posixpath.join(where, file))
    sheet.variables |= Names(said.variables)
    for line in said.code[:1]:
        sheet.obstacle(f"{gemfile} runs code: {line[:60]}", anything=True)
    if said.gemspec:
        sheet.obstacle(f"{gemfile} takes the gemspec of {where}", anything=True)
    local = (*said.local, *(read_gemfile_lock(lock.text) if lock is not None else ()))
    for directory in dict.fromkeys(sheet.path(posixpath.join(where, one)) for one in local):
        sheet.obstacle(f"a gem comes from the directory {directory}", anything=True)
    frozen = words.has("--deployment", "--frozen")
    for name in ("BUNDLE_FROZEN", "BUNDLE_DEPLOYMENT"):
        frozen = frozen or (sheet.setting(name) or "false").lower() not in ("false", "0", "no", "f")
    sheet.locked = frozen
    if not frozen:
        sheet.obstacle(f"bundle install may write {path} anew: set BUNDLE_FROZEN=true")
        sheet.write(path)
