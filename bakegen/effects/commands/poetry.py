"""poetry: Python projects by their lock file.

Source: https://python-poetry.org/docs/cli/ and https://python-poetry.org/docs/configuration/.
"""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from bakegen.effects.access import Opaque
from bakegen.effects.call import CallExample
from bakegen.effects.manifests.pyproject import read_poetry_lock, read_pyproject
from bakegen.effects.model import Names
from bakegen.effects.python_packages import VARIABLES, install_into, interpreter, prefixes, project
from bakegen.effects.toolbox import Sheet
from bakegen.effects.words import grammar, read_words

if TYPE_CHECKING:
    from bakegen.effects.call import Call
    from bakegen.effects.model import CommandEffect
    from bakegen.effects.words import Words

NAMES = ("poetry",)

_GRAMMAR = grammar(
    "-h --help -q --quiet -V --version --ansi --no-ansi -n --no-interaction --no-plugins --no-cache -v -vv -vvv"
    " --verbose --sync --no-root --no-directory --dry-run --all-extras --all-groups --only-root --compile --no-dev"
    " --dev --without-hashes --without-urls --local --unset --list --all",
    "-P --project -C --directory --without --with --only -E --extras -f --format -o --output",
)
_PYPROJECT = '[tool.poetry]\nname = "app"\n[tool.poetry.dependencies]\npython = "^3.11"\nflask = "^3"\n'
_LOCK = '[[package]]\nname = "flask"\nversion = "3.0.0"\n'
_FILES = {"/app/pyproject.toml": _PYPROJECT, "/app/poetry.lock": _LOCK}
_BOTH = ("/app/pyproject.toml", "/app/poetry.lock")

EXAMPLES = (
    CallExample(
        "poetry install --no-root --only main --no-interaction --no-ansi",
        reads=(*_BOTH, "/app/poetry.toml"),
        writes=("/app/.venv/**", "/usr/local/**", "/root/.cache/pypoetry/**"),
        ensures=("/root/.cache",),
        manifests=_BOTH,
        files=_FILES,
        directory="/app",
    ),
    CallExample("poetry install", manifests=_BOTH, obstacles=("add --no-root",), files=_FILES, directory="/app"),
    CallExample(
        "poetry install",
        writes=("/app/.venv/**",),
        ensures=("/root/.cache",),
        manifests=_BOTH,
        files={
            "/app/pyproject.toml": "[tool.poetry]\npackage-mode = false\n", "/app/poetry.lock": _LOCK},
        directory="/app",
    ),
    CallExample(
        "poetry install --no-root",
        manifests=_BOTH,
        obstacles=("/app/libs/lib",),
        files={
            "/app/pyproject.toml": _PYPROJECT + 'lib = { path = "libs/lib", develop = true }\n',
            "/app/poetry.lock": _LOCK + '[[package]]\nname = "lib"\nversion = "1"\n'
            '[package.source]\ntype = "directory"\nurl = "libs/lib"\n',
        },
        directory="/app",
    ),
    CallExample("poetry config virtualenvs.create false", writes=("/root/.config/pypoetry/**",),
                ensures=("/root/.config",)),
    CallExample("poetry build", barrier="poetry build"),
    CallExample("poetry add flask", barrier="poetry add"),
)  # fmt: skip


def effect(call: Call) -> CommandEffect:
    """The effect of one call."""
    sheet = Sheet(call, "poetry", VARIABLES | Names.of("POETRY_*"))
    words = sheet.understood(read_words(call.arguments, _GRAMMAR))
    interpreter(sheet)
    command = words.subcommand
    home = sheet.setting("POETRY_CONFIG_DIR") or sheet.setting("XDG_CONFIG_HOME")
    config = home if sheet.setting("POETRY_CONFIG_DIR") else home and posixpath.join(home, "pypoetry")
    config = config or sheet.home(".config/pypoetry")
    where = sheet.path(posixpath.join(words.value("-C", "--directory") or ".", words.value("-P", "--project") or "."))
    if config is not None:
        sheet.look_tree(config)
    if words.has("--version", "-V", "--help", "-h"):
        return sheet.plain()
    if command == "config":
        if words.has("--local"):
            sheet.write(posixpath.join(where, "poetry.toml"))
        elif config is not None:
            sheet.write(config)
        return sheet.plain()
    if command not in ("install", "sync", "export"):
        raise Opaque(f"what poetry {command} does is not known")
    sheet.maybe(posixpath.join(where, "poetry.toml"))
    _project(sheet, words, where, command)
    if command == "export":
        output = words.value("-o", "--output")
        if output is not None:
            sheet.write(output)
        return sheet.plain()
    return _install(sheet, words, where)


def _project(sheet: Sheet, words: Words, where: str, command: str) -> None:
    source = sheet.manifest(posixpath.join(where, "pyproject.toml"))
    said = read_pyproject(source.text) if source is not None else None
    lock = sheet.manifest(posixpath.join(where, "poetry.lock"))
    locked = read_poetry_lock(lock.text) if lock is not None else None
    for name, text, read in (("pyproject.toml", source, said), ("poetry.lock", lock, locked)):
        if text is not None and read is None:
            sheet.unknown(f"{where}/{name}, which is no TOML")
            sheet.anything()
    if said is None or locked is None or command == "export":
        return
    if not words.has("--no-root") and said.package_mode:
        sheet.obstacle("poetry installs the project itself: add --no-root", anything=True)
    if not words.has("--no-directory"):
        for directory in dict.fromkeys((*locked.own, *said.local)):
            if not directory.endswith((".whl", ".tar.gz", ".zip")):
                project(sheet, posixpath.join(where, directory))
    for archive in locked.archives:
        sheet.archive(posixpath.join(where, archive))


def _install(sheet: Sheet, words: Words, where: str) -> CommandEffect:
    sheet.locked = True
    # Which of these it is, settings of earlier commands decide (virtualenvs.create, virtualenvs.in-project).
    install_into(sheet, prefixes(sheet))
    sheet.write(posixpath.join(where, ".venv"))
    cache = sheet.cache_home("pypoetry", "POETRY_CACHE_DIR")
    if cache is not None:
        sheet.write(sheet.setting("POETRY_VIRTUALENVS_PATH") or posixpath.join(cache, "virtualenvs"))
        # Environments are in it as well, which must stay: only what was downloaded is a cache.
        off = ("--no-cache is given",) if words.has("--no-cache") else ()
        for name in ("artifacts", "cache"):
            sheet.cache(posixpath.join(cache, name), leftovers=(cache,), disabled=off)
        sheet.write(cache, output=False)
    if not sheet.is_root:
        base = sheet.home(".local")
        install_into(sheet, [base] if base is not None else [])
    sheet.fetches()
    if not sheet.lost:
        sheet.assume("packages of the index install below Python's prefix, and building them looks at nothing else")
    sheet.defeat(words, "--no-cache")
    return sheet.effect()
