"""The templates that come with bakegen: the example at the top of each gives its golden file, a valid Dockerfile."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bakegen.dockerfile.model import read
from bakegen.templating.files import FileRenderer, built_in, built_in_names
from bakegen.text import Source

GOLDEN = Path(__file__).parent / "golden"
CONTEXT = {"version": "1.2.3", "variant": "app-1-2-3", "image": "app"}


def render(text: str) -> str:
    return FileRenderer(lambda name: None).render(Source("Dockerfile.j2", text), CONTEXT)


def example(name: str) -> str:
    """The example in the comment at the top of a template: its indented lines, up to the next text."""
    source = built_in(name)
    assert source is not None
    top = re.match(r"\{#-.*?\n\n((?:    .+\n)+)", source.text)
    assert top is not None
    return re.sub(r"^    ", "", top[1], flags=re.MULTILINE)


def test_every_language_has_a_starter() -> None:
    assert built_in_names() == tuple(f"bakegen/{name}.j2" for name in ("apt", "go", "node", "python", "rust"))
    assert {path.stem for path in GOLDEN.glob("*.Dockerfile")} >= {"apt", "go", "node", "python", "rust"}


@pytest.mark.parametrize("name", built_in_names())
def test_the_example_of_a_starter_renders_to_its_golden_file(name: str) -> None:
    golden = GOLDEN / (name.removeprefix("bakegen/").removesuffix(".j2") + ".Dockerfile")
    rendered = render(example(name))
    assert rendered == golden.read_text(encoding="utf-8")
    parsed = read(Source("Dockerfile", rendered))
    assert parsed.diagnostics == ()
    assert parsed.stages


@pytest.mark.parametrize("name", built_in_names())
def test_every_macro_is_explained(name: str) -> None:
    source = built_in(name)
    assert source is not None
    for macro in re.finditer(r"(-#\}\n|.)\{% macro (\w+)", source.text):
        assert macro[1] == "-#}\n", f"{macro[2]} has no comment above it"


CALLS = {
    "bakegen/apt.j2": ["install(id='a', packages=['x', 'y'])", "install('a', 'x')"],
    "bakegen/go.j2": [
        "modules(mod='go.v1.mod', sum='go.v1.sum')",
        "build(id='a', output='/o', sources='cmd', package='./cmd/x', cgo=true, ldflags='', home='/home/u')",
    ],
    "bakegen/rust.j2": [
        "dependencies(id='a', toml='Cargo.v1.toml', lock='Cargo.v1.lock', features='--all-features')",
        "build(id='a', cargo_home='/root/.cargo')",
    ],
    "bakegen/python.j2": [
        "environment(id='a', requirements=['a/x.txt', 'y.txt'], hashes=true)",
        "use_environment(from='a', venv='/srv/v', link=true)",
    ],
    "bakegen/node.j2": [
        "manifests(manager='pnpm', more=['.npmrc'])",
        "install(id='a', manager='pnpm', scripts=false)",
        "install(id='a', production=false)",
    ],
}


@pytest.mark.parametrize(("name", "call"), [(name, call) for name, calls in CALLS.items() for call in calls])
def test_every_parameter_gives_a_dockerfile_without_stray_blanks(name: str, call: str) -> None:
    rendered = render(f'{{% import "{name}" as it %}}\nFROM debian:13-slim AS a\n{{{{ it.{call} }}}}\nUSER 1\n')
    assert read(Source("Dockerfile", rendered)).diagnostics == ()
    assert not re.search(r"\n\n|[ \t]\n|\S  ", rendered), rendered
    assert rendered.endswith("\nUSER 1\n")


def test_a_starter_that_is_not_there_names_the_closest() -> None:
    with pytest.raises(Exception, match=r"did you mean 'bakegen/go.j2'"):
        render('{% import "bakegen/goo.j2" as go %}')
