"""The models of package managers: every example of theirs, and what they must never claim."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bakegen.effects import commands
from bakegen.effects.model import Tier
from bakegen.effects.places import ANYWHERE
from bakegen.facts.model import PlatformFacts
from tests.unit.effects.calls import call, effect, install, reason

if TYPE_CHECKING:
    from bakegen.effects.call import CallExample

OURS = (
    "apt", "dpkg", "apk", "dnf", "pip", "uv", "poetry", "npm", "yarn", "pnpm", "corepack", "go", "cargo", "gem",
    "bundler", "composer", "maven", "gradle", "venv",
)  # fmt: skip


def ours() -> list[CallExample]:
    found = []
    for model in {id(one): one for one in commands.models().values()}.values():
        if getattr(model, "__name__", "").rpartition(".")[2] in OURS:
            assert len(model.EXAMPLES) >= 4
            found += list(model.EXAMPLES)
    return found


@pytest.mark.parametrize("example", ours(), ids=lambda one: one.line)
def test_example(example: CallExample) -> None:
    made = call(
        example.line,
        files=example.files,
        directory=example.directory,
        user=example.user or "root",
        variables=example.variables,
    )
    found = commands.effect(made)
    if example.barrier:
        assert isinstance(found, str)
        assert example.barrier in found
        return
    assert not isinstance(found, str), found
    assert set(example.reads) <= {str(one) for one in found.reads}
    assert set(example.writes) <= {str(one) for one in found.writes}
    assert not example.ensures or set(example.ensures) == found.ensures
    assert found.tier is Tier.KNOWLEDGE
    if found.install is None:
        assert not example.manifests
        return
    assert set(found.install.manifests) == set(example.manifests)
    assert len(found.install.obstacles) == len(example.obstacles), found.install.obstacles
    for part in example.obstacles:
        assert any(part in one for one in found.install.obstacles), found.install.obstacles
    if found.install.unknown:
        assert found.reads == {ANYWHERE}


def caches(line: str, **options: object) -> dict[str, tuple[str, ...]]:
    found = install(line, **options)
    return {one.target: one.disabled_by for one in (*found.caches, *found.stores)}


FLASK = {"/app/requirements.txt": "flask\n"}


def test_a_manifest_of_which_the_text_is_not_known_may_name_anything() -> None:
    found = effect("pip install -r /srv/requirements.txt")
    assert found.install is not None
    assert "the text of /srv/requirements.txt" in found.install.unknown[0]
    assert found.reads == found.writes == {ANYWHERE}
    assert found.variables.everything


@pytest.mark.parametrize(
    "line", ["npm ci", "yarn install --immutable", "pnpm install", "go mod download", "uv sync --locked", "cargo fetch",
             "bundle install", "composer install", "mvn dependency:go-offline", "poetry install --no-root"]
)  # fmt: skip
def test_without_its_manifest_nothing_is_claimed(line: str) -> None:
    found = effect(line)
    assert found.install is not None
    assert found.install.unknown
    assert found.reads == found.writes == {ANYWHERE}


@pytest.mark.parametrize("name", ["PIP_TARGET", "PIP_CONSTRAINT", "PIP_CACHE_DIR", "XDG_CACHE_HOME"])
def test_a_variable_that_the_command_line_may_set_decides_nothing(name: str) -> None:
    found = effect("pip install flask", unsure=frozenset((name,)))
    assert found.writes == {ANYWHERE}
    assert found.install is not None
    assert any(name in clause for clause in found.install.unknown)


def test_variables_of_the_project_are_not_read() -> None:
    found = effect("pip install -r requirements.txt", files=FLASK)
    assert "GIT_COMMIT" not in found.variables
    assert "BUILD_DATE" not in found.variables
    assert "PIP_INDEX_URL" in found.variables
    assert "GIT_SSH_COMMAND" in found.variables
    assert "https_proxy" in found.variables


def test_a_rust_source_may_name_any_variable() -> None:
    files = {"/app/Cargo.toml": '[package]\nname = "a"\n', "/app/Cargo.lock": ""}
    assert "GIT_COMMIT" in effect("cargo build --locked", files=files).variables


def test_where_pip_installs() -> None:
    def trees(line: str, **options: object) -> set[str]:
        return {str(one) for one in install(line, **options).outputs}

    assert trees("/venv/bin/pip install x") == {"/venv/**"}
    assert trees("/venv/bin/python -m pip install x") == {"/venv/**"}
    assert "/opt/venv/**" in trees("pip install x", variables={"PATH": "/opt/venv/bin:/usr/local/bin:/usr/bin"})
    assert "/usr/local/**" in trees("pip install x", variables={"PATH": "/opt/venv/bin:/usr/local/bin:/usr/bin"})
    assert trees("pip install --user x") == {"/root/.local/**"}
    assert trees("pip install x", variables={"PIP_TARGET": "/deps"}) == {"/deps/**"}
    assert "/home/me/.local/**" in trees("pip install x", user="me", variables={"HOME": "/home/me"})


def test_without_a_home_nothing_is_claimed() -> None:
    found = commands.effect(call("pip install flask", user="me"))
    assert isinstance(found, str)
    assert "home directory" in found


def test_what_switches_a_cache_off() -> None:
    line = "pip install --no-cache-dir flask"
    (span,) = install(line).defeats
    assert line[span.start : span.end] == "--no-cache-dir"
    assert caches("pip install flask") == {"/root/.cache/pip": ()}
    (why,) = caches("pip install flask", variables={"PIP_NO_CACHE_DIR": "1"})["/root/.cache/pip"]
    assert "PIP_NO_CACHE_DIR" in why
    assert caches("pip install flask", variables={"XDG_CACHE_HOME": "/c"}) == {"/c/pip": ()}
    assert [len(install(f"apk add {flag} curl").defeats) for flag in ("--no-cache", "-U")] == [1, 0]


def test_a_cache_leaves_the_directories_above_it_too() -> None:
    (cache,) = install("pip install flask").caches
    assert cache.leftovers == ("/root/.cache", "/root/.cache/pip", "/root/.cache/pip/**")
    (npm,) = install("npm install -g serve").caches
    assert npm.leftovers == ("/root/.npm", "/root/.npm/**")


def test_lists_and_archives_of_apt_are_locked() -> None:
    found = install("apt-get install -y curl")
    assert [(one.target, one.sharing) for one in found.caches] == [
        ("/var/cache/apt", "locked"),
        ("/var/lib/apt/lists", "locked"),
    ]
    assert found.caches[0].emptied_by == ("/etc/apt/apt.conf.d/docker-clean",)


def test_the_module_cache_is_a_store_and_its_place_may_depend_on_the_base() -> None:
    files = {"/app/go.mod": "module a\n"}
    known = install("go mod download", files=files, variables={"GOPATH": "/go"})
    assert known.caches == ()
    assert [one.target for one in known.stores] == ["/go/pkg/mod"]
    assert known.stores[0].disabled_by == ()
    for cache in install("go mod download", files=files).stores:
        assert "GOPATH" in cache.disabled_by[0]
    base = PlatformFacts("sha256:0")
    found = install("go mod download", files=files, base=base, complete=True)
    assert [(one.target, one.disabled_by) for one in found.stores] == [("/root/go/pkg/mod", ())]


def test_unknown_words() -> None:
    assert "/usr/lib/**" in {str(one) for one in effect("apt-get install -y nginx=$UNKNOWN").writes}
    assert "not known" in reason("apt-get install -y $UNKNOWN")
    assert "not known" in reason("pip install ./$UNKNOWN")
    assert "several words" in reason("pip install -r $UNKNOWN")
    assert install("pip install flask==$UNKNOWN").unknown == ()
    assert "pattern" in install("pip install ./wheels/*.whl").unknown[0]
    assert "pattern" in install("dpkg -i *.deb").unknown[0]


def test_headers_of_kernels_go_where_others_do_not() -> None:
    def writes(line: str) -> set[str]:
        return {str(one) for one in effect(line).writes}

    assert "/usr/src/**" not in writes("apt-get install -y nodejs")
    assert "/usr/src/**" in writes("apt-get install -y linux-headers-amd64")


def test_settings_files_that_move_things_are_seen() -> None:
    found = install(
        "npm ci", files={"/app/package.json": "{}", "/app/package-lock.json": "{}", "/app/.npmrc": "cache=/c\n"}
    )
    assert "cache" in found.unknown[0]
    harmless = {
        "/app/package.json": "{}",
        "/app/package-lock.json": "{}",
        "/app/.npmrc": "registry=https://x\n# cache=1\n",
    }
    assert install("npm ci", files=harmless).unknown == ()
    assert install("npm ci", files=harmless).optional[0] == "/app/.npmrc"
    pip = install("pip install x", files={"/etc/pip.conf": "[install]\nfind-links = /x\n"}, directory="/etc")
    assert "find-links" in pip.unknown[0]


def test_packages_that_look_into_the_project() -> None:
    files = {"/app/package.json": '{"dependencies": {"@prisma/client": "5"}}', "/app/package-lock.json": "{}"}
    assert "@prisma/client" in install("npm ci", files=files).obstacles[0]
    assert install("npm ci --ignore-scripts", files=files).obstacles == ()


def test_members_of_a_workspace_that_cannot_be_listed_are_unknown() -> None:
    files = {"/app/package.json": '{"workspaces": ["packages/*"]}', "/app/yarn.lock": "# yarn lockfile v1\n"}
    found = install("yarn install --frozen-lockfile", files=files, whole=False)
    assert any("members of the workspace" in clause for clause in found.unknown)
    listed = install("yarn install --frozen-lockfile", files={**files, "/app/packages/a/package.json": "{}"})
    assert listed.unknown == ()
    assert "/app/packages/a/package.json" in listed.manifests


def test_a_relative_path_in_an_unknown_directory_is_anything() -> None:
    assert effect("pip install --target deps x", sure=False).writes == {ANYWHERE}
    assert effect("pip install x", sure=False).writes != {ANYWHERE}


def test_a_home_that_is_not_there_is_made() -> None:
    base = PlatformFacts("sha256:0", listings={"/": ("home",), "/home": ()})
    found = effect("pip install x", user="me", variables={"HOME": "/home/me"}, base=base)
    assert "/home/me" in {str(one) for one in found.writes}


LINES = st.lists(
    st.sampled_from(
        ["pip", "npm", "go", "cargo", "uv", "install", "ci", "mod", "download", "build", "-r", "-e", "-c", ".",
         "-o", "--", "-", "-y", "--prefix", "=", "x.txt", "-C", "/x", "sync", "--frozen", "$UNKNOWN", "*"]
    ),
    min_size=1,
)  # fmt: skip


@given(LINES, st.sampled_from(["pip", "npm", "go", "cargo", "apt-get", "uv", "yarn", "pnpm", "apk", "dnf", "bundle"]))
def test_any_words_give_an_effect_or_a_reason(words: list[str], name: str) -> None:
    found = commands.effect(call(" ".join([name, *words]), files=FLASK))
    assert isinstance(found, str) or found.tier is Tier.KNOWLEDGE
