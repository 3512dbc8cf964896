"""pip: Python packages from an index, by requirements files and names.

Source: https://pip.pypa.io/en/stable/cli/ and .../topics/configuration/ and .../topics/caching/.
"""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from bakegen.effects.access import Opaque
from bakegen.effects.call import CallExample
from bakegen.effects.manifests.requirements import is_remote, local_path
from bakegen.effects.python_packages import (
    SYSTEM,
    VARIABLES,
    checkout,
    follow,
    install_into,
    interpreter,
    links,
    prefixes,
    project,
    single,
)
from bakegen.effects.toolbox import Sheet
from bakegen.effects.words import grammar, read_words

if TYPE_CHECKING:
    from bakegen.effects.call import Call
    from bakegen.effects.model import CommandEffect
    from bakegen.effects.words import Words

NAMES = ("pip", "pip2", "pip3", "pip3.9", "pip3.10", "pip3.11", "pip3.12", "pip3.13", "pip3.14")

_GRAMMAR = grammar(
    "-h --help --debug --isolated --require-virtualenv -v --verbose -vv -vvv -V --version -q --quiet -qq --no-input"
    " --disable-pip-version-check --no-color --no-cache-dir --no-cache --no-python-version-warning --pre --no-index"
    " --no-deps --user --no-user -U --upgrade --force-reinstall -I --ignore-installed --ignore-requires-python"
    " --no-build-isolation --use-pep517 --no-use-pep517 --check-build-dependencies --break-system-packages --compile"
    " --no-compile --no-warn-script-location --no-warn-conflicts --prefer-binary --require-hashes --no-clean --dry-run"
    " --no-verify -y --yes --outdated -o --uptodate -l --local --include-editable --exclude-editable --all -f --files"
    " --global --site --pre --not-required --root-user-action-ignore",
    "-r --requirement -c --constraint -e --editable -t --target --platform --python-version --implementation --abi"
    " --root --prefix --src --upgrade-strategy -C --config-settings --config-setting --global-option --install-option"
    " --no-binary --only-binary -i --index-url --pypi-url --extra-index-url --find-links --progress-bar"
    " --root-user-action --report --log --log-file --local-log --proxy --retries --timeout --exists-action"
    " --trusted-host --cert --client-cert --cache-dir --use-feature --use-deprecated --python --keyring-provider -d"
    " --dest --destination-dir --destination-directory -w --wheel-dir --format --exclude --path -b --build"
    " --build-constraint --resume-retries --uploaded-prior-to",
)
_LINKS = grammar("", "-f")
_LOOK = ("list", "freeze", "show", "check", "debug", "inspect", "index", "help", "hash", "")
_BUILDS = ("download", "wheel")
_DECIDING = (
    "requirement", "constraint", "build-constraint", "editable", "find-links", "target", "prefix", "root", "user",
    "src", "cache-dir", "no-cache-dir", "log", "report", "python", "dest", "wheel-dir", "build",
)  # fmt: skip
"""Settings that decide what is read and written; where they come from a variable or file, the model must see them."""

EXAMPLES = (
    CallExample(
        "pip install --no-cache-dir -r requirements.txt",
        reads=("/app/requirements.txt", "/app/base.txt", "/app/limits/all.txt"),
        writes=("/usr/local/**", "/root/.cache/pip/**"),
        ensures=("/root/.cache",),
        manifests=("/app/requirements.txt", "/app/base.txt", "/app/limits/all.txt"),
        files={
            "/app/requirements.txt": "-r base.txt\n-c limits/all.txt\nflask==3.0  # web\n",
            "/app/base.txt": "requests>=2 ; python_version < '4'\n",
            "/app/limits/all.txt": "urllib3<3\n",
        },
        directory="/app",
    ),
    CallExample("python3 -m pip install -U pip setuptools wheel", writes=("/usr/local/**",), ensures=("/root/.cache",)),
    CallExample("/venv/bin/pip install flask", writes=("/venv/**",), ensures=("/root/.cache",)),
    CallExample("pip install .", obstacles=("builds and installs the project in it: /app",), directory="/app"),
    CallExample(
        "pip install -r requirements.txt",
        manifests=("/app/requirements.txt",),
        obstacles=("editable form: /app",),
        files={"/app/requirements.txt": "flask\n-e .\n"},
        directory="/app",
    ),
    CallExample(
        "pip install ./wheels/tool-1.0-py3-none-any.whl",
        reads=("/app/wheels/tool-1.0-py3-none-any.whl",),
        manifests=("/app/wheels/tool-1.0-py3-none-any.whl",),
        ensures=("/root/.cache",),
        directory="/app",
    ),
    CallExample("pip install --target /deps flask", writes=("/deps/**",), ensures=("/root/.cache",), directory="/app"),
    CallExample("pip install flask", variables={"PIP_REQUIREMENT": "/x.txt"}, manifests=("/x.txt",)),
    CallExample(
        "pip install flask git+https://example.org/a/b@v1", writes=("/usr/local/**",), ensures=("/root/.cache",)
    ),
    CallExample("pip cache purge", writes=("/root/.cache/pip/**",), ensures=("/root/.cache",)),
    CallExample("pip install --group dev", barrier="--group"),
    CallExample("pip config set global.index-url https://example.org", barrier="config"),
)


def effect(call: Call) -> CommandEffect:
    """The effect of one call."""
    sheet = Sheet(call, "pip", VARIABLES)
    words = sheet.understood(_words(call))
    interpreter(sheet)
    _configured(sheet)
    command = words.subcommand
    if command in _LOOK or words.has("--version", "-V", "--help", "-h"):
        for prefix in prefixes(sheet):
            sheet.look_tree(prefix)
        return sheet.plain()
    if command == "cache":
        sheet.write(_cache(sheet, words), output=False)
        return sheet.plain()
    if command == "uninstall":
        install_into(sheet, prefixes(sheet))
        for option in words.all("-r", "--requirement"):
            follow(sheet, _text(option.value), constraint=True)
        return sheet.plain()
    if command != "install" and command not in _BUILDS:
        raise Opaque(f"what pip {command} does is not known")
    _install(sheet, words.behind(), command)
    return sheet.effect()


def _words(call: Call) -> Words:
    # `-f` is --find-links of install, and --files of show.
    first = next((one.text for one in call.arguments if one.text in ("install", "download", "wheel")), None)
    known = _GRAMMAR
    if first is not None:
        known = grammar(" ".join(_GRAMMAR.switches - {"-f", "-o"}), " ".join(_GRAMMAR.values | _LINKS.values))
    return read_words(call.arguments, known)


def _text(value: str | None) -> str:
    if value is None:
        raise Opaque("the value of an option is not known")
    return value


def _given(sheet: Sheet, words: Words, name: str, *short: str) -> list[str]:
    """The values of an option, by the command line and by its variable, which may hold several."""
    found = [_text(one.value) for one in words.all(f"--{name}", *short)]
    variable = sheet.setting("PIP_" + name.upper().replace("-", "_"))
    return found + (variable.split() if variable else [])


def _one(sheet: Sheet, words: Words, name: str, *short: str) -> str | None:
    """The value of an option of which one counts: the command line's, else its variable's."""
    given = words.value(f"--{name}", *short)
    return given if given is not None else sheet.setting("PIP_" + name.upper().replace("-", "_"))


def _configured(sheet: Sheet) -> None:
    """pip's own files: global, of the user, of the environment; what they say about paths is not followed."""
    if sheet.call.around.value("PIP_CONFIG_FILE") == "/dev/null":
        return
    home = sheet.around.home or "/root"
    config = sheet.setting("XDG_CONFIG_HOME") or posixpath.join(home, ".config")
    places = ["/etc/pip.conf", "/etc/xdg/pip/pip.conf", f"{home}/.pip/pip.conf", f"{config}/pip/pip.conf"]
    places += [posixpath.join(prefix, "pip.conf") for prefix in ("/usr", *prefixes(sheet)) if prefix not in SYSTEM[1:]]
    own = sheet.setting("PIP_CONFIG_FILE")
    for place in places + ([own] if own else []):
        what = "pip's settings in the image name no files or directories of their own"
        source = sheet.text_or_unknown(place, what)
        for line in source.text.splitlines() if source is not None else ():
            key = line.replace(":", "=").partition("=")[0].strip().replace("_", "-").lower()
            if key in _DECIDING:
                sheet.unknown(f"what the setting {key} in {place} means for the files that pip uses")
                sheet.anything()


def _cache(sheet: Sheet, words: Words) -> str:
    given = _one(sheet, words, "cache-dir")
    place = given or sheet.cache_home("pip")
    if place is None:
        raise Opaque("the home directory is not known")
    return place


def _install(sheet: Sheet, words: Words, command: str) -> None:
    hashed = words.has("--require-hashes") or sheet.setting("PIP_REQUIRE_HASHES") is not None
    whole = True
    for path in _given(sheet, words, "requirement", "-r"):
        whole &= follow(sheet, path)
    for name, short in (("constraint", "-c"), ("build-constraint", "")):
        for path in _given(sheet, words, name, short):
            follow(sheet, path, constraint=True)
    for path in _given(sheet, words, "find-links", "-f"):
        links(sheet, path)
    editable = _given(sheet, words, "editable", "-e")
    for path in editable:
        if not is_remote(path):
            project(sheet, local_path(path).partition("[")[0], editable=True)
    for operand in words.operands:
        text = operand.text or operand.prefix
        if operand.pattern:
            sheet.archive(operand)
            sheet.anything()
        elif operand.text is None and (text.startswith((".", "/")) or "/" in text.partition("://")[0]):
            raise Opaque("one of its words is not known here")
        else:
            whole &= single(sheet, text)
    sheet.locked = hashed or (whole and not editable)
    _outputs(sheet, words, command, remote=any(is_remote(path) for path in editable))
    if not sheet.lost:
        sheet.assume("packages of the index install below Python's prefix, and building them looks at nothing else")
    sheet.fetches()
    off = sheet.setting("PIP_NO_CACHE_DIR")
    sheet.cache(_cache(sheet, words), disabled=() if off is None else (f"PIP_NO_CACHE_DIR is set to {off}",))
    sheet.defeat(words, "--no-cache-dir", "--no-cache")


def _outputs(sheet: Sheet, words: Words, command: str, *, remote: bool) -> None:
    homes = prefixes(sheet)
    if words.value("--python") is not None or sheet.setting("PIP_PYTHON"):
        raise Opaque("it installs for another Python")
    for name in ("report", "log", "log-file", "local-log"):
        for file in _given(sheet, words, name):
            sheet.write(file)
    if remote:
        checkout(sheet, homes, _one(sheet, words, "src"))
    if command in _BUILDS:
        where = _one(sheet, words, "dest", "-d", "--destination-dir", "--destination-directory")
        where = _one(sheet, words, "wheel-dir", "-w") if command == "wheel" else where
        sheet.write(where or ".")
        for prefix in homes:
            sheet.look_tree(prefix)
        return
    for place in homes:
        sheet.look_tree(place)
    elsewhere = [_one(sheet, words, "target", "-t"), _one(sheet, words, "root"), _one(sheet, words, "prefix")]
    named = [one for one in elsewhere if one]
    if named:
        install_into(sheet, named)
        return
    user = words.has("--user") or sheet.setting("PIP_USER") is not None
    base = sheet.setting("PYTHONUSERBASE") or sheet.home(".local")
    if user:
        install_into(sheet, [base] if base else [])
        return
    install_into(sheet, homes)
    if not sheet.is_root and base:
        # Where it may not write to the system's directory it installs for the user.
        install_into(sheet, [base])
