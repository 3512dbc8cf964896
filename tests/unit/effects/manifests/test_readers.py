"""Readers of manifests: tables of what they find in files as projects have them, and that no text stops them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bakegen.effects.manifests.cargo_toml import read_cargo_toml
from bakegen.effects.manifests.composer_json import read_composer_json, read_composer_lock
from bakegen.effects.manifests.documents import read_json, read_toml, table, tables, texts
from bakegen.effects.manifests.gemfile import read_gemfile, read_gemfile_lock
from bakegen.effects.manifests.gomod import read_gomod
from bakegen.effects.manifests.package_json import (
    read_npm_lock,
    read_package_json,
    read_pnpm_lock,
    read_pnpm_workspace,
    read_yarn_lock,
)
from bakegen.effects.manifests.pom import read_pom
from bakegen.effects.manifests.pyproject import read_poetry_lock, read_pyproject, read_uv_lock

if TYPE_CHECKING:
    from collections.abc import Callable

READERS: tuple[Callable[[str], object], ...] = (
    read_cargo_toml, read_composer_json, read_composer_lock, read_gemfile, read_gemfile_lock, read_gomod, read_npm_lock,
    read_package_json, read_pnpm_lock, read_pnpm_workspace, read_pom, read_poetry_lock, read_pyproject, read_uv_lock,
    read_yarn_lock, read_json, read_toml,
)  # fmt: skip

JSONS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda below: st.lists(below, max_size=4)
    | st.dictionaries(
        st.sampled_from(
            ["dependencies", "packages", "scripts", "workspaces", "packageManager", "node_modules/a", "link",
             "resolved", "version", "repositories", "config", "type", "url", "pnpm", "patchedDependencies",
             "overrides", "bin", "x"]
        ),
        below,
        max_size=5,
    ),
    max_leaves=20,
)  # fmt: skip


@pytest.mark.parametrize("reader", READERS, ids=[reader.__name__ for reader in READERS])
@given(text=st.text())
def test_any_text_is_read(reader: Callable[[str], object], text: str) -> None:
    reader(text)


@given(st.dictionaries(st.text(max_size=9), JSONS) | JSONS)
def test_json_of_any_shape_is_read(value: object) -> None:
    text = json.dumps(value)
    for reader in (read_package_json, read_npm_lock, read_composer_json, read_composer_lock):
        reader(text)


@pytest.mark.parametrize("reader", READERS, ids=[reader.__name__ for reader in READERS])
def test_deep_nesting_is_read(reader: Callable[[str], object]) -> None:
    reader("[" * 100_000)
    reader('{"a":' * 50_000)
    reader("a = " + "[" * 50_000)


def test_documents() -> None:
    assert read_json('\ufeff{"a": 1}') == {"a": 1}
    assert read_json("[1]") is None
    assert read_toml("a = ") is None
    assert table({"a": {"b": {"c": 1}}}, "a", "b") == {"c": 1}
    assert table({"a": 1}, "a", "b") == {}
    assert texts(["a", 1, "b"]) == ("a", "b")
    assert texts("a") == ("a",)
    assert list(tables([{"a": 1}, 2])) == [{"a": 1}]


def test_pyproject() -> None:
    found = read_pyproject("""
[project]
dynamic = ["version"]
dependencies = ["flask", "own @ file:///srv/own", "near @ ./near ; python_version > '3'"]
[project.optional-dependencies]
dev = ["tool @ ../tool.whl"]
[dependency-groups]
lint = ["ruff", {include-group = "dev"}]
[build-system]
requires = ["hatchling"]
[tool.uv.sources]
lib = { path = "libs/lib", editable = true }
both = [{ path = "a", marker = "x" }, { git = "https://example.org" }]
member = { workspace = true }
[tool.uv.workspace]
members = ["libs/*"]
[tool.poetry]
package-mode = false
[tool.poetry.group.dev.dependencies]
helper = { path = "../helper" }
wheel = { file = "x.whl" }
""")
    assert found is not None
    assert found.packaged
    assert found.builds
    assert found.dynamic == ("version",)
    assert set(found.local) == {
        "libs/lib", "a", "../helper", "x.whl", "file:///srv/own", "./near", "../tool.whl",
    }  # fmt: skip
    assert found.members == ("libs/*",)
    assert found.workspace
    assert not found.package_mode
    virtual = read_pyproject("[build-system]\n[tool.uv]\npackage = false\n")
    assert virtual is not None
    assert not virtual.builds


def test_python_locks() -> None:
    found = read_uv_lock("""
version = 1
[[package]]
name = "a"
source = { registry = "https://pypi.org/simple" }
[[package]]
name = "app"
source = { virtual = "." }
[[package]]
name = "lib"
source = { editable = "libs/lib" }
[[package]]
name = "w"
source = { path = "wheels/w.whl" }
""")
    assert found is not None
    assert found.own == (".", "libs/lib")
    assert found.virtual == (".",)
    assert found.archives == ("wheels/w.whl",)
    poetry = read_poetry_lock('[[package]]\nname = "x"\n[package.source]\ntype = "file"\nurl = "x.whl"\n')
    assert poetry is not None
    assert poetry.archives == ("x.whl",)


def test_package_json() -> None:
    found = read_package_json(
        json.dumps(
            {
                "scripts": {"prepare": "husky", "test": "jest", "postinstall": "x"},
                "dependencies": {"a": "^1", "b": "file:../b", "c": "link:./c", "d": "file:d-1.tgz", "e": "workspace:*"},
                "devDependencies": {"f": "exec:./f.js", "g": "../g", "h": "git+ssh://git@example.org/h"},
                "resolutions": {"i": "patch:i@npm:1#~/.yarn/patches/i.patch"},
                "overrides": {"j": {".": "1", "k": "file:k"}},
                "pnpm": {"patchedDependencies": {"l@1": "patches/l.patch"}},
                "workspaces": {"packages": ["packages/*"]},
                "packageManager": "yarn@4.1.0",
                "bin": {"app": "x.js"},
            }
        )
    )
    assert found is not None
    assert found.scripts == ("postinstall", "prepare")
    assert set(found.local) == {"../b", "./c", "../g", "k"}
    assert found.archives == ("d-1.tgz",)
    assert found.code == ("exec:./f.js",)
    assert set(found.patches) == {"~/.yarn/patches/i.patch", "patches/l.patch"}
    assert found.workspaces == ("packages/*",)
    assert found.binaries
    assert {"a", "h"} <= found.names
    plain = read_package_json('{"workspaces": ["a", "b"], "scripts": null, "dependencies": 5}')
    assert plain is not None
    assert plain.workspaces == ("a", "b")


def test_npm_locks() -> None:
    new = read_npm_lock(
        json.dumps(
            {
                "packages": {
                    "": {"workspaces": ["packages/*"]},
                    "packages/a": {"version": "1"},
                    "packages/a/node_modules/y": {"version": "1"},
                    "node_modules/a": {"resolved": "packages/a", "link": True},
                    "node_modules/x": {"version": "1", "hasInstallScript": True},
                    "node_modules/t": {"version": "1", "resolved": "file:t.tgz"},
                    "node_modules/@s/z": {"version": "1"},
                }
            }
        )
    )
    assert new is not None
    assert new.projects == ("packages/a",)
    assert new.archives == ("t.tgz",)
    assert new.scripts == {"x"}
    assert {"x", "y", "@s/z"} <= new.names
    old = read_npm_lock('{"dependencies": {"a": {"version": "file:../a", "dependencies": {"b": {"version": "1"}}}}}')
    assert old is not None
    assert old.projects == ("../a",)
    assert old.names == {"a", "b"}


def test_yarn_locks() -> None:
    classic = read_yarn_lock(
        '# yarn lockfile v1\n\n"@s/a@^1", "@s/a@^2":\n  version "2"\n\n"b@file:../b":\n  version "0"\n\n'
        'c@./c.tgz:\n  version "1"\n  resolved "file:c.tgz#abc"\n'
    )
    assert not classic.berry
    assert classic.projects == ("../b",)
    assert classic.archives == ("c.tgz",)
    assert "@s/a" in classic.names
    berry = read_yarn_lock(
        '__metadata:\n  version: 8\n\n"app@workspace:.":\n  version: 0.0.0-use.local\n\n'
        '"lib@workspace:*, lib@workspace:packages/lib":\n  resolution: "lib@workspace:packages/lib"\n\n'
        '"p@patch:p@npm%3A1.0.0#~/.yarn/patches/p.patch":\n  version: 1\n\n'
        '"t@patch:t@npm%3A5#optional!builtin<compat/t>":\n  version: 5\n'
    )
    assert berry.berry
    assert berry.projects == ("packages/lib",)
    assert berry.patches == ("~/.yarn/patches/p.patch",)


def test_pnpm_files() -> None:
    lock = read_pnpm_lock(
        "lockfileVersion: '9.0'\n\nimporters:\n\n  .:\n    dependencies:\n      a:\n"
        "        version: link:packages/a\n\n"
        "  packages/a: {}\n\n  packages/b:\n    dependencies: {}\n\n  'apps/[x]':\n    dependencies: {}\n\n"
        "patchedDependencies:\n  x@1:\n    hash: y\n    path: patches/x.patch\n\n"
        "packages:\n  is-odd@3.0.1:\n    resolution: {integrity: z}\n  '@s/t@1.0.0':\n"
        "    resolution: {tarball: file:t.tgz}\n"
        "  l@file:l:\n    resolution: {directory: l, type: directory}\n"
    )
    assert {"packages/a", "packages/b", "apps/[x]", "l"} == set(lock.projects)
    assert lock.patches == ("patches/x.patch",)
    assert lock.archives == ("t.tgz",)
    assert {"is-odd", "@s/t"} <= lock.names
    globs, patches = read_pnpm_workspace(
        "packages:\n  # all\n  - 'packages/*'\n  - \"apps/**\" # more\n  - '!**/test'\n\ncatalog:\n  a: ^1\n"
        "patchedDependencies:\n  x@1: patches/x.patch\n"
    )
    assert globs == ("packages/*", "apps/**", "!**/test")
    assert patches == ("patches/x.patch",)
    assert read_pnpm_workspace("packages: ['a', \"b/*\"]\n")[0] == ("a", "b/*")


def test_go_files() -> None:
    found = read_gomod("""
module example.org/app // use nothing
go 1.22
require (
	example.org/a v1.0.0 // indirect
)
replace example.org/a => ../a
replace (
	example.org/b v1.2.3 => ./b // near
	example.org/c => example.org/d v1.0.0
	"example.org/e" => "./e e"
)
use ./tools
replace example.org/x v1
""")
    assert found.replaced == (("example.org/a", "../a"), ("example.org/b", "./b"), ("example.org/e", "./e e"))
    assert found.used == ("./tools",)
    assert len(found.problems) == 1
    assert read_gomod("use (\n\t.\n\t./b\n)\n").used == (".", "./b")


def test_cargo_files() -> None:
    found = read_cargo_toml("""
[package]
name = "app"
build = "build/main.rs"
[lib]
proc-macro = true
[workspace]
members = ["crates/*"]
[workspace.dependencies]
w = { path = "crates/w" }
[dependencies]
a = "1"
b = { path = "../b", version = "1" }
[target.'cfg(unix)'.dependencies]
c = { path = "c" }
[patch.crates-io]
d = { path = "d" }
""")
    assert found is not None
    assert set(found.local) == {"../b", "c", "crates/w", "d"}
    assert found.members == ("crates/*",)
    assert found.script == "build/main.rs"
    assert found.macros
    none = read_cargo_toml("[package]\nbuild = false\n")
    assert none is not None
    assert none.script is None


def test_gemfile() -> None:
    plain = read_gemfile(
        'source "https://rubygems.org"\nruby file: ".ruby-version"\n'
        'gem "rails", "~> 7.1" # require later\ngem "pg", ENV.fetch("PG_GEM", "1.5")\n'
        'group :development do\n  gem "debug", platforms: %i[mri], require: false\nend\n'
    )
    assert plain.code == ()
    assert plain.files == (".ruby-version",)
    assert plain.variables == {"PG_GEM"}
    assert read_gemfile("ruby File.read('.ruby-version').strip\n").files == (".ruby-version",)
    found = read_gemfile('gemspec\ngem "a", path: "../a"\npath "engines" do\nend\neval_gemfile "b"\nx = `id`\n')
    assert found.gemspec
    assert found.local == ("../a", "engines")
    assert len(found.code) == 2
    lock = "GIT\n  remote: https://x\n\nPATH\n  remote: engines/a\n  specs:\n\nPATH\n  remote: .\n\nGEM\n  remote: https://y\n"
    assert read_gemfile_lock(lock) == ("engines/a", ".")


def test_composer_files() -> None:
    found = read_composer_json(
        '{"scripts": {"post-autoload-dump": "x", "test": "y"}, "config": {"vendor-dir": "lib", "bin-dir": "bin"},'
        ' "repositories": {"own": {"type": "path", "url": "../own"}, "p": {"type": "vcs", "url": "https://x"}},'
        ' "extra": {"installer-paths": {}}}'
    )
    assert found is not None
    assert found.scripts == ("post-autoload-dump",)
    assert found.local == ("../own",)
    assert (found.vendor, found.programs) == ("lib", "bin")
    assert found.moved == ("installer-paths",)
    lock = read_composer_lock(
        '{"packages": [{"name": "a/b", "type": "composer-plugin"},'
        ' {"name": "o", "dist": {"type": "path", "url": "o"}}]}'
    )
    assert lock == (("o",), ("a/b",))


def test_pom() -> None:
    found = read_pom(
        "<project><parent><groupId>x</groupId></parent><modules><module>core</module><!-- <module>no</module> -->"
        "<module> web </module></modules><repositories><repository><url>file://${basedir}/repo</url></repository>"
        "</repositories></project>"
    )
    assert found.modules == ("core", "web")
    assert found.parent == "../pom.xml"
    assert found.local == ("file://${basedir}/repo",)
    assert read_pom("<project><parent><relativePath/></parent></project>").parent == ""
    assert read_pom("<project/>").parent is None
