"""uv: Python projects by their lock file, and packages as pip installs them.

Source: https://docs.astral.sh/uv/reference/cli/, .../reference/environment/, .../guides/integration/docker/ and
.../concepts/projects/sync/.
"""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from bakegen.effects.access import Opaque
from bakegen.effects.call import CallExample
from bakegen.effects.manifests.pyproject import read_pyproject, read_uv_lock
from bakegen.effects.model import Names
from bakegen.effects.places import ancestors
from bakegen.effects.python_packages import VARIABLES, follow, install_into, links, prefixes, project, single
from bakegen.effects.toolbox import Sheet
from bakegen.effects.words import grammar, read_words, text_of

if TYPE_CHECKING:
    from bakegen.effects.call import Call
    from bakegen.effects.manifests.pyproject import Locked, Pyproject
    from bakegen.effects.model import CommandEffect
    from bakegen.effects.words import Words

NAMES = ("uv",)

_GRAMMAR = grammar(
    "-h --help -V --version -q --quiet -qq -v --verbose --no-cache --no-cache-dir -n --no-progress --no-config"
    " --offline --native-tls --no-native-tls --frozen --locked --no-sync --all-extras --no-dev --dev --only-dev"
    " --all-groups --no-default-groups --no-editable --inexact --exact --active --no-active --no-install-project"
    " --no-install-workspace --no-install-local --all-packages --dry-run --check --compile-bytecode"
    " --no-compile-bytecode --compile --no-compile --no-build --no-binary --no-build-isolation --no-sources --no-index"
    " -U --upgrade --reinstall --refresh --managed-python --no-managed-python --no-python-downloads --system"
    " --break-system-packages --no-deps --require-hashes --no-require-hashes --verify-hashes --no-verify-hashes"
    " --strict --user --pre --force --all --seed --clear --allow-existing --system-site-packages --relocatable"
    " --default --force-reinstall --no-allow-existing --preview",
    "--extra --no-extra --group --no-group --only-group --no-install-package --package --python -p --link-mode"
    " --project --directory --cache-dir --config-file --color --index --default-index --index-url -i --extra-index-url"
    " --find-links -f -r --requirement --requirements -c --constraint --constraints -b --build-constraint --override"
    " --overrides -e --editable --target -t --prefix --python-version --python-platform --upgrade-package -P"
    " --reinstall-package --refresh-package --no-build-package --no-binary-package --only-binary --no-binary"
    " --no-build-isolation-package --index-strategy --keyring-provider --resolution --prerelease --exclude-newer"
    " --config-setting --config-settings -C --allow-insecure-host --prompt --with --install-dir --mirror"
    " --python-preference --output-format --torch-backend",
)
_FROZEN = ("--frozen", "UV_FROZEN", "--locked", "UV_LOCKED")
_OFF = ("", "0", "false", "no", "off", "n", "f")

_PYPROJECT = '[project]\nname = "app"\nversion = "1"\ndependencies = ["flask"]\n'
_BUILT = _PYPROJECT + '[build-system]\nrequires = ["hatchling"]\n'
_LOCK = 'version = 1\n[[package]]\nname = "flask"\nsource = { registry = "https://pypi.org/simple" }\n'
_OWN = _LOCK + '[[package]]\nname = "app"\nsource = { editable = "." }\n'
_CACHE = ("/root/.cache", "/root/.local", "/root/.local/share", "/root/.local/share/uv")

EXAMPLES = (
    CallExample(
        "uv sync --frozen --no-install-project --no-dev",
        reads=("/app/pyproject.toml", "/app/uv.lock", "/app/uv.toml", "/app/.python-version"),
        writes=("/app/.venv/**", "/root/.cache/uv/**"),
        ensures=_CACHE,
        manifests=("/app/pyproject.toml", "/app/uv.lock"),
        files={"/app/pyproject.toml": _BUILT, "/app/uv.lock": _OWN},
        directory="/app",
    ),
    CallExample(
        "uv sync --locked",
        manifests=("/app/pyproject.toml", "/app/uv.lock"),
        obstacles=("add --no-install-project",),
        files={"/app/pyproject.toml": _BUILT, "/app/uv.lock": _OWN},
        directory="/app",
    ),
    CallExample(
        "uv sync --locked",
        writes=("/app/.venv/**",),
        ensures=_CACHE,
        manifests=("/app/pyproject.toml", "/app/uv.lock"),
        files={"/app/pyproject.toml": _PYPROJECT, "/app/uv.lock": _LOCK},
        directory="/app",
    ),
    CallExample(
        "uv sync",
        writes=("/app/uv.lock/**",),
        ensures=_CACHE,
        manifests=("/app/pyproject.toml", "/app/uv.lock"),
        obstacles=("add --locked",),
        files={"/app/pyproject.toml": _PYPROJECT, "/app/uv.lock": _LOCK},
        directory="/app",
    ),
    CallExample(
        "uv sync --frozen --no-install-project",
        manifests=("/app/pyproject.toml", "/app/uv.lock"),
        obstacles=("add --no-install-workspace",),
        files={
            "/app/pyproject.toml": _BUILT + '[tool.uv.workspace]\nmembers = ["libs/*"]\n',
            "/app/uv.lock": _OWN + '[[package]]\nname = "lib"\nsource = { editable = "libs/lib" }\n',
        },
        directory="/app",
    ),
    CallExample(
        "uv pip install --system --no-cache -r requirements.txt",
        reads=("/app/requirements.txt", "/app/uv.toml"),
        writes=("/usr/local/**",),
        ensures=("/root/.cache",),
        manifests=("/app/requirements.txt",),
        files={"/app/requirements.txt": "flask==3.0.0\n"},
        directory="/app",
    ),
    CallExample("uv pip install -e .", obstacles=("editable form",), directory="/app"),
    CallExample("uv venv /opt/venv", writes=("/opt/venv/**",), ensures=_CACHE),
    CallExample("uv cache clean", writes=("/root/.cache/uv/**",), ensures=("/root/.cache",)),
    CallExample("uv run app.py", barrier="uv run"),
    CallExample("uv sync --magic x", barrier="--magic"),
)


def effect(call: Call) -> CommandEffect:
    """The effect of one call."""
    sheet = Sheet(call, "uv", VARIABLES | Names.of("UV_*", "RUST_LOG", "RUST_BACKTRACE"))
    words = sheet.understood(read_words(call.arguments, _GRAMMAR))
    command = words.subcommand
    words = words.behind()
    if command == "pip":
        command, words = f"pip {words.subcommand}", words.behind()
    elif command in ("cache", "python", "tool"):
        command, words = f"{command} {words.subcommand}", words.behind()
    if words.has("--version", "-V", "--help", "-h") or command in ("version", "help", "cache dir", "python dir"):
        return sheet.plain()
    if command in ("cache clean", "cache prune"):
        sheet.cache(_cache(sheet, words))
        return sheet.plain()
    where = _directory(sheet, words)
    # Locks of environments stay in the temporary directory, under names that nobody else uses.
    sheet.assume("nothing looks for files of uv's in /tmp (/tmp/uv-….lock)")
    _configured(sheet, words, where)
    if command == "sync":
        _sync(sheet, words, where)
    elif command in ("pip install", "pip sync"):
        _pip(sheet, words, command)
    elif command == "venv":
        for operand in words.operands or ():
            sheet.write(text_of(operand))
        if not words.operands:
            sheet.write(posixpath.join(where, ".venv"))
        _pythons(sheet)
    elif command == "python install":
        _pythons(sheet, needed=True)
    elif command == "tool install":
        _tool(sheet, words)
    else:
        raise Opaque(f"what uv {command} does is not known")
    sheet.fetches()
    if not sheet.lost:
        sheet.assume("packages of the index install below Python's prefix, and building them looks at nothing else")
    off = sheet.setting("UV_NO_CACHE")
    disabled = () if off is None or off.lower() in _OFF else (f"UV_NO_CACHE is set to {off}",)
    sheet.cache(_cache(sheet, words), disabled=disabled)
    sheet.defeat(words, "--no-cache", "--no-cache-dir", "-n")
    return sheet.effect() if command != "venv" else sheet.plain()


def _cache(sheet: Sheet, words: Words) -> str:
    place = words.value("--cache-dir") or sheet.cache_home("uv", "UV_CACHE_DIR")
    if place is None:
        raise Opaque("the home directory is not known")
    return place


def _directory(sheet: Sheet, words: Words) -> str:
    where = words.value("--directory") or sheet.setting("UV_WORKING_DIRECTORY") or "."
    return sheet.path(posixpath.join(where, words.value("--project") or sheet.setting("UV_PROJECT") or "."))


def _configured(sheet: Sheet, words: Words, where: str) -> None:
    """Settings of the project, of the directories above it (it may be a workspace's member), user and system."""
    home = sheet.around.home or "/root"
    config = sheet.setting("XDG_CONFIG_HOME") or posixpath.join(home, ".config")
    own = words.value("--config-file") or sheet.setting("UV_CONFIG_FILE")
    if own:
        sheet.manifest(own)
    for env_file in (sheet.setting("UV_ENV_FILE") or "").split():
        sheet.manifest(env_file)
    for directory in (where, *ancestors(where), "/"):
        for name in ("uv.toml", "pyproject.toml", ".python-version", ".python-versions"):
            sheet.maybe(posixpath.join(directory, name))
    for path in ("/etc/uv/uv.toml", "/etc/xdg/uv/uv.toml", f"{config}/uv/uv.toml", f"{config}/uv/.python-version"):
        sheet.maybe(path)
    sheet.assume("uv's settings in the image name no files or directories of their own")


def _pythons(sheet: Sheet, *, needed: bool = False) -> None:
    """uv may download a Python where none fits."""
    never = (sheet.setting("UV_PYTHON_DOWNLOADS") or "").lower() in ("never", "0", "false", "manual")
    if never and not needed:
        return
    place = sheet.setting("UV_PYTHON_INSTALL_DIR") or _data(sheet, "python")
    programs = sheet.setting("UV_PYTHON_BIN_DIR") or sheet.setting("XDG_BIN_HOME") or sheet.home(".local/bin")
    for one in (place, programs if needed else None):
        if one is not None:
            sheet.write(one)


def _data(sheet: Sheet, name: str) -> str | None:
    data = sheet.setting("XDG_DATA_HOME")
    return posixpath.join(data, "uv", name) if data else sheet.home(".local/share/uv", name)


def _tool(sheet: Sheet, words: Words) -> None:
    for operand in words.operands:
        single(sheet, operand.text or operand.prefix)
    for one in (*words.all("--with"), *words.all("-e", "--editable"), *words.all("-r", "--requirements")):
        raise Opaque(f"what the option {one.name} of uv tool install reads is not known")
    for place in (sheet.setting("UV_TOOL_DIR") or _data(sheet, "tools"), sheet.setting("UV_TOOL_BIN_DIR")):
        if place is not None:
            sheet.write(place)
    programs = sheet.setting("XDG_BIN_HOME") or sheet.home(".local/bin")
    if programs is not None:
        sheet.write(programs)
    _pythons(sheet)


def _pip(sheet: Sheet, words: Words, command: str) -> None:
    whole = True
    for option in words.options:
        value = option.value or ""
        if option.name in ("-r", "--requirement", "--requirements"):
            whole &= _requirements(sheet, value)
        elif option.name in ("-c", "--constraint", "--constraints", "--build-constraint", "-b"):
            follow(sheet, value, constraint=True)
        elif option.name in ("--override", "--overrides"):
            whole &= follow(sheet, value)
        elif option.name in ("-e", "--editable"):
            project(sheet, value.partition("[")[0], editable=True)
        elif option.name in ("-f", "--find-links"):
            links(sheet, value)
    for name in ("UV_CONSTRAINT", "UV_BUILD_CONSTRAINT", "UV_OVERRIDE"):
        for path in (sheet.setting(name) or "").split():
            follow(sheet, path, constraint=name != "UV_OVERRIDE")
    for path in (sheet.setting("UV_FIND_LINKS") or "").split():
        links(sheet, path)
    for operand in words.operands:
        text = operand.text or operand.prefix
        if operand.pattern or (operand.text is None and text.startswith((".", "/"))):
            raise Opaque("one of its words is not known here")
        whole &= _requirements(sheet, text) if command == "pip sync" else single(sheet, text)
    sheet.locked = whole
    target = words.value("--target", "-t") or words.value("--prefix")
    if target:
        install_into(sheet, [target])
        return
    python = words.value("--python", "-p") or sheet.setting("UV_PYTHON")
    homes = list(prefixes(sheet))
    if python and "/" in python:
        real = sheet.path(python)
        homes += [real, posixpath.dirname(posixpath.dirname(real))]
    system = words.has("--system") or (sheet.setting("UV_SYSTEM_PYTHON") or "").lower() not in _OFF
    if not system:
        here = sheet.path(".")
        homes += [posixpath.join(one, ".venv") for one in (here, *ancestors(here))]
    for place in homes:
        sheet.look_tree(place)
        # An environment that is found above is there already: nothing above it is made.
        sheet.writes_tree(place)


def _requirements(sheet: Sheet, path: str) -> bool:
    name = posixpath.basename(path)
    if name in ("setup.py", "setup.cfg"):
        project(sheet, posixpath.dirname(path) or ".")
        return False
    if name != "pyproject.toml":
        return follow(sheet, path)
    source = sheet.manifest(path)
    said = read_pyproject(source.text) if source is not None else None
    if source is not None and said is None:
        sheet.unknown(f"{sheet.path(path)}, which is no TOML")
        sheet.anything()
    if said is not None:
        _local(sheet, said.local, posixpath.dirname(path))
        if set(said.dynamic) & {"dependencies", "optional-dependencies"} or said.workspace:
            project(sheet, posixpath.dirname(path) or ".")
    return False


def _local(sheet: Sheet, paths: tuple[str, ...], where: str) -> None:
    for path in paths:
        if path.endswith((".whl", ".tar.gz", ".zip", ".tgz")):
            sheet.archive(posixpath.join(where, path.removeprefix("file:")))
        else:
            project(sheet, posixpath.join(where, path.removeprefix("file:")))


def _sync(sheet: Sheet, words: Words, where: str) -> None:
    if words.operands:
        raise Opaque("uv sync takes no operands")
    source = sheet.manifest(posixpath.join(where, "pyproject.toml"))
    said = read_pyproject(source.text) if source is not None else None
    lock = sheet.manifest(posixpath.join(where, "uv.lock"))
    locked = read_uv_lock(lock.text) if lock is not None else None
    for name, text, read in (("pyproject.toml", source, said), ("uv.lock", lock, locked)):
        if text is not None and read is None:
            sheet.unknown(f"{where}/{name}, which is no TOML")
            sheet.anything()
    frozen = words.has("--frozen") or (sheet.setting("UV_FROZEN") or "").lower() not in _OFF
    sheet.locked = frozen or words.has("--locked") or (sheet.setting("UV_LOCKED") or "").lower() not in _OFF
    if not sheet.locked:
        sheet.obstacle("uv sync may write uv.lock anew: add --locked or --frozen")
        sheet.write(posixpath.join(where, "uv.lock"))
    if said is not None and locked is not None:
        _own(sheet, words, where, said, locked, frozen)
    environment = sheet.setting("UV_PROJECT_ENVIRONMENT") or ".venv"
    place = posixpath.join(where, environment)
    if words.has("--active"):
        install_into(sheet, prefixes(sheet))
    install_into(sheet, [place])
    _pythons(sheet)


def _own(sheet: Sheet, words: Words, where: str, said: Pyproject, locked: Locked, frozen: bool) -> None:
    """The project itself, members of its workspace, and directories that it depends on."""
    all_local = words.has("--no-install-local")
    members = all_local or words.has("--no-install-workspace")
    itself = members or words.has("--no-install-project")
    if not itself and (said.builds or ("." in locked.own and "." not in locked.virtual)):
        sheet.obstacle("uv sync installs the project itself: add --no-install-project", anything=True)
    others = tuple(dict.fromkeys(one for one in locked.own if one != "."))
    outside = [one for one in said.local if posixpath.normpath(one) in map(posixpath.normpath, others)]
    built = [one for one in others if one not in locked.virtual]
    if built and not all_local:
        flag = "--no-install-local" if outside or not said.workspace else "--no-install-workspace"
        if flag == "--no-install-local" or not members:
            sheet.obstacle(f"uv sync installs the local projects {', '.join(built)}: add {flag}", anything=True)
    if not all_local:
        for archive in locked.archives:
            sheet.archive(posixpath.join(where, archive))
    if frozen:
        return
    for member in others:
        # Whether the lock file fits is checked against every project that it has.
        sheet.manifest(posixpath.join(where, member, "pyproject.toml"))
    needed = set(said.dynamic) - {"version"}
    if needed:
        sheet.obstacle(f"the project must be built to know its {sorted(needed)[0]}: add --frozen", anything=True)
