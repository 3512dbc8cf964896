"""[tool.bakegen] to nodes: texts kept, places near, problems explained."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bakegen.definition.toml_reader import read_toml
from bakegen.diagnostics import Diagnostic, render_text
from bakegen.documents.nodes import Scalar, Table
from bakegen.text import Source
from tests.unit.definition.projects import errors, project
from tests.unit.documents.test_yaml_reader import plain

TOML = """\
[project]
name = "x"

[tool.bakegen]
registry = "r.example.com/t"  # comment
max-targets = 5_0
images = ["images/*"]

[tool.bakegen.defaults]
args = {VERSION = 3.10, N = 7, ON = true}
"labels"."a.b" = "c"
"""


def read(text: str) -> tuple[object, list[Diagnostic]]:
    problems: list[Diagnostic] = []
    return read_toml(Source("pyproject.toml", text), problems), problems


def test_values_become_text() -> None:
    node, problems = read(TOML)
    assert problems == []
    assert isinstance(node, Table)
    assert plain(node) == {
        "registry": "r.example.com/t",
        "max-targets": "50",
        "images": ["images/*"],
        "defaults": {"args": {"VERSION": "3.10", "N": "7", "ON": "true"}, "labels": {"a.b": "c"}},
    }


def test_keys_have_places() -> None:
    node, _ = read(TOML)
    assert isinstance(node, Table)
    assert str(node.keys["registry"].location) == "pyproject.toml:5:1"
    assert str(node.entries["images"].location) == "pyproject.toml:7:1"
    defaults = node.entries["defaults"]
    assert isinstance(defaults, Table) and isinstance(defaults.entries["args"], Table)
    assert str(defaults.location) == "pyproject.toml:9:2"
    inner = defaults.entries["args"].entries["VERSION"]
    assert isinstance(inner, Scalar) and str(inner.location) == "pyproject.toml:10:1"


def test_dates_have_to_be_quoted() -> None:
    _, problems = read("[tool.bakegen]\nregistry = 2024-01-01\n")
    assert [(p.code, str(p.location)) for p in problems] == [("toml-date", "pyproject.toml:2:1")]


def test_a_broken_file_is_only_our_business_with_our_table() -> None:
    assert read("[tool.other]\nbakegen = \n") == (None, [])
    _, problems = read("[tool.bakegen]\nx = \n")
    assert problems[0].code == "toml-syntax"
    assert str(problems[0].location).startswith("pyproject.toml:2:")


def test_a_project_may_live_in_pyproject() -> None:
    files = {"pyproject.toml": TOML, "images/go/image.yaml": "", "images/go/Dockerfile": ""}
    from bakegen.definition.loader import load_project
    from tests.unit.definition.projects import MemoryFiles

    found = load_project(MemoryFiles(files), {})
    assert found.settings.registry.value == "r.example.com/t"
    assert str(found.settings.registry.origin) == "project pyproject.toml:5:1"
    assert found.settings.max_targets.value == 50
    assert [image.name for image in found.images] == ["go"]


def test_both_files_are_an_error_that_names_both() -> None:
    (problem,) = errors(files={"pyproject.toml": TOML}, images={"go": ""})
    assert problem.code == "two-projects"
    assert str(problem.location).startswith("pyproject.toml:4")
    assert str(problem.labels[0].location).startswith("bakegen.yaml:1")


def test_a_pyproject_of_something_else_is_fine() -> None:
    assert project(files={"pyproject.toml": "[tool.x]\nbakegen = 1\n"}, images={"go": ""}).images


@given(st.text(alphabet=st.sampled_from(list("[]{}tol.bakegn=\"'\n,1#-:T x")), max_size=50))
def test_any_text_is_read_or_explained(text: str) -> None:
    for _, problems in (read(text), read("[tool.bakegen]\n" + text)):
        assert all(render_text(problem) for problem in problems)


def test_the_table_of_the_linter_is_left_out_and_alone_makes_no_project() -> None:
    problems: list[Diagnostic] = []
    assert read_toml(Source("pyproject.toml", "[tool.bakegen.lint]\nignore = []\n"), problems) is None
    both = Source("pyproject.toml", "[tool.bakegen]\nregistry = 'r'\n[tool.bakegen.lint]\nignore = []\n")
    node = read_toml(both, problems)
    assert isinstance(node, Table)
    assert list(node.entries) == ["registry"]
    empty = Source("pyproject.toml", "[tool.bakegen]\n[tool.bakegen.lint]\nignore = []\n")
    assert isinstance(read_toml(empty, problems), Table)
    assert problems == []
