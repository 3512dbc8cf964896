"""cargo: crates of a Rust project, programs of crates, and building.

Source: https://doc.rust-lang.org/cargo/commands/, .../guide/cargo-home.html, .../reference/environment-variables.html,
.../reference/config.html; https://rust-lang.github.io/rustup/overrides.html.
"""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from bakegen.effects.access import Opaque
from bakegen.effects.call import CallExample
from bakegen.effects.manifests.cargo_toml import read_cargo_toml
from bakegen.effects.manifests.documents import read_toml, table
from bakegen.effects.model import ALL_NAMES, Names
from bakegen.effects.places import ancestors
from bakegen.effects.toolbox import COMPILERS, NETWORK, Sheet
from bakegen.effects.words import grammar, read_words, text_of

if TYPE_CHECKING:
    from bakegen.effects.call import Call
    from bakegen.effects.model import CommandEffect
    from bakegen.effects.words import Words

NAMES = ("cargo",)

VARIABLES = NETWORK | COMPILERS | Names.of(
    "CARGO_*", "CARGO", "RUSTUP_*", "RUSTC*", "RUSTFLAGS", "RUSTDOC*", "RUST_*", "LIBCLANG_PATH", "CLANG_PATH",
    "LLVM_*", "BINDGEN_*", "PROTOC*", "SQLX_*", "DATABASE_URL", "LIBZ_*", "ZSTD_*", "LIBGIT2_*", "LIBSSH2_*", "DEP_*",
    "PYO3_*",
)  # fmt: skip

_GRAMMAR = grammar(
    "-h --help -V --version -v --verbose -vv -q --quiet --release -r --locked --frozen --offline --all-features"
    " --no-default-features --all --workspace --lib --bins --examples --tests --benches --all-targets --keep-going"
    " --debug --force -f --no-track --list --future-incompat-report --ignore-rust-version",
    "--target --features -F --bin --example --test --bench -p --package --exclude -j --jobs --profile --target-dir"
    " --manifest-path --message-format --color --config -Z --version --vers --git --branch --tag --rev --path --root"
    " --registry --index --artifact-dir -C",
    "--timings",
)
_BUILD = ("build", "b", "check", "c")

_TOML = '[package]\nname = "app"\nversion = "0.1.0"\n[dependencies]\nserde = "1"\n'
_FILES = {"/app/Cargo.toml": _TOML, "/app/Cargo.lock": "version = 4\n", "/app/src/main.rs": "fn main() {}\n"}
_HOME = {"CARGO_HOME": "/usr/local/cargo", "RUSTUP_HOME": "/usr/local/rustup"}

EXAMPLES = (
    CallExample(
        "cargo build --release --locked",
        reads=("/app/**",),
        writes=("/app/target/**", "/usr/local/cargo/registry/**"),
        obstacles=("compiles the sources",),
        manifests=("/app/Cargo.toml", "/app/Cargo.lock"),
        files=_FILES,
        directory="/app",
        variables=_HOME,
    ),
    CallExample(
        "cargo build --release",
        manifests=("/app/Cargo.toml", "/app/Cargo.lock"),
        obstacles=("compiles the sources", "the build script /app/build.rs runs", "add --locked"),
        files={**_FILES, "/app/build.rs": "fn main() {}"},
        directory="/app",
        variables=_HOME,
    ),
    CallExample(
        "cargo fetch --locked",
        reads=("/app/**",),
        writes=("/usr/local/cargo/git/**",),
        obstacles=("looks for the source files",),
        manifests=("/app/Cargo.toml", "/app/Cargo.lock"),
        files=_FILES,
        directory="/app",
        variables=_HOME,
    ),
    CallExample(
        "cargo install --locked --version 14.1.0 ripgrep", writes=("/usr/local/cargo/bin/**",), variables=_HOME
    ),
    CallExample("cargo install --path .", obstacles=("compiles the sources",), directory="/app", variables=_HOME),
    CallExample("cargo test", barrier="cargo test"),
    CallExample("cargo build --config x", barrier="--config"),
)


def effect(call: Call) -> CommandEffect:
    """The effect of one call."""
    sheet = Sheet(call, "cargo", VARIABLES)
    arguments = call.arguments
    if arguments and (arguments[0].text or "").startswith("+"):
        arguments = arguments[1:]
    plain = all(one.text != "install" for one in arguments)
    known = _GRAMMAR if plain else grammar(" ".join(_GRAMMAR.switches - {"--version"}), " ".join(_GRAMMAR.values))
    words = sheet.understood(read_words(arguments, known))
    command = words.subcommand
    for option in words.all("--config", "-Z", "--artifact-dir", "-C"):
        raise Opaque(f"what the option {option.name} changes is not known")
    homes, unsure = _homes(sheet, "CARGO_HOME", ".cargo")
    _toolchain(sheet)
    for home in homes:
        sheet.look_tree(home)
    if command in ("", "version", "help") or (plain and words.has("--version", "-V")) or words.has("--help", "-h"):
        return sheet.plain()
    path = words.value("--path")
    manifest = words.value("--manifest-path") or posixpath.join(path or ".", "Cargo.toml")
    where = sheet.path(posixpath.dirname(manifest) or ".")
    _configured(sheet, sheet.path("."), homes)
    sheet.locked = words.has("--locked", "--frozen")
    if command == "install":
        _install(sheet, words, where, homes)
    elif command in (*_BUILD, "fetch"):
        _project(sheet, where, build=command != "fetch", locked=sheet.locked)
        if command != "fetch":
            _target(sheet, words, where)
    else:
        raise Opaque(f"what cargo {command} does is not known")
    sheet.fetches()
    for home in homes:
        for name in ("registry", "git"):
            sheet.cache(posixpath.join(home, name), store=True, disabled=unsure)
        for name in (".package-cache", ".package-cache-mutate", ".global-cache", ".crates.toml", ".crates2.json"):
            sheet.write(posixpath.join(home, name))
    return sheet.effect()


def _homes(sheet: Sheet, variable: str, name: str) -> tuple[list[str], tuple[str, ...]]:
    given = sheet.setting(variable)
    if given is not None:
        return [given], ()
    own = sheet.home(name)
    found = [own] if own is not None else []
    if sheet.around.complete:
        return found, ()
    why = f"which directory it is depends on {variable} in the base image, of which no facts are known"
    return [f"/usr/local/{name.lstrip('.')}", *found], (f"{why} (run `bakegen lock`)",)


def _toolchain(sheet: Sheet) -> None:
    """rustup, where cargo comes from it, installs the toolchain that the project asks for."""
    here = sheet.path(".")
    wanted = False
    for directory in (here, *ancestors(here)):
        for name in ("rust-toolchain", "rust-toolchain.toml"):
            path = posixpath.join(directory, name)
            sheet.maybe(path)
            wanted = wanted or sheet.exists(path)
    for place in _homes(sheet, "RUSTUP_HOME", ".rustup")[0]:
        sheet.look_tree(place)
        if wanted:
            sheet.write(place)
        else:
            sheet.write(posixpath.join(place, "settings.toml"))


def _configured(sheet: Sheet, where: str, homes: list[str]) -> None:
    places = [posixpath.join(directory, ".cargo") for directory in (where, *ancestors(where), "/")]
    for place in (*places, *homes):
        for name in ("config.toml", "config"):
            path = posixpath.join(place, name)
            source = sheet.text_or_unknown(path, "cargo's settings in the image move none of its directories")
            data = read_toml(source.text) if source is not None else {}
            build, replaced = table(data, "build"), table(data, "source")
            moved = {"target-dir", "rustc-wrapper", "rustc-workspace-wrapper", "rustc", "dep-info-basedir"} & set(build)
            local = [one for one in replaced.values() if {"directory", "local-registry"} & set(table(one))]
            if data is None or moved or local or {"include", "paths"} & set(data):
                sheet.unknown(f"what the settings in {path} mean for the files that are used")
                sheet.anything()


def _project(sheet: Sheet, where: str, *, build: bool, locked: bool) -> None:
    """All of the project is looked at, and of the workspace above; building runs code of it."""
    source = sheet.manifest(posixpath.join(where, "Cargo.toml"))
    lock = posixpath.join(where, "Cargo.lock")
    if sheet.exists(lock):
        sheet.archive(lock)
    else:
        sheet.maybe(lock)
    sheet.look_tree(where)
    for directory in ancestors(where):
        sheet.look(posixpath.join(directory, "Cargo.toml"))
        sheet.look(posixpath.join(directory, "Cargo.lock"))
    if not locked:
        sheet.obstacle(f"cargo may write {lock} anew: add --locked")
        sheet.write(lock)
    if build:
        sheet.obstacle(f"cargo compiles the sources below {where}")
        # env!() in a source file may name any variable.
        sheet.variables = ALL_NAMES
        sheet.assume(f"macros and sources name no files outside of {where}")
        sheet.assume("build scripts of crates from the registry look at nothing of the project")
    else:
        sheet.obstacle(f"cargo looks for the source files that belong to {where}/Cargo.toml")
    said = read_cargo_toml(source.text) if source is not None else None
    if source is not None and said is None:
        sheet.unknown(f"{where}/Cargo.toml, which is no TOML")
        sheet.anything()
    if said is None:
        return
    for path in said.local:
        real = sheet.look_tree(posixpath.join(where, path))
        if build:
            sheet.obstacle(f"a dependency is the directory {real}", anything=True)
    if build and (said.members or said.macros):
        sheet.obstacle("build scripts and macros of the workspace's members run", anything=True)
    script = None if said.script is None else posixpath.join(where, said.script or "build.rs")
    if build and script is not None and (said.script or sheet.exists(script)):
        sheet.obstacle(f"the build script {script} runs", anything=True)


def _target(sheet: Sheet, words: Words, where: str) -> None:
    given = words.value("--target-dir") or sheet.setting("CARGO_TARGET_DIR") or sheet.setting("CARGO_BUILD_TARGET_DIR")
    sheet.write(given if given is not None else posixpath.join(where, "target"))


def _install(sheet: Sheet, words: Words, where: str, homes: list[str]) -> None:
    root = words.value("--root") or sheet.setting("CARGO_INSTALL_ROOT")
    for place in [root] if root is not None else homes:
        for name in ("bin", ".crates.toml", ".crates2.json"):
            sheet.write(posixpath.join(place, name))
    target = words.value("--target-dir") or sheet.setting("CARGO_TARGET_DIR")
    if words.value("--path") is not None:
        sheet.obstacle(f"cargo compiles the sources below {where}", anything=True)
        return
    if target is not None:
        sheet.write(target)
    if not words.behind().operands and words.value("--git") is None:
        raise Opaque("no crate is named")
    for operand in words.behind().operands:
        text_of(operand) if not operand.prefix else None
    sheet.assume("build scripts of crates from the registry look at nothing of the project")
