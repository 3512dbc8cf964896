"""Templates of docker-library as Dockerfile.j2: what both render is the same text, or nothing is carried over."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from bakegen.cli.main import run
from bakegen.definition.values import AxisValue
from bakegen.importing.apply_templates import carried
from bakegen.importing.apply_templates_expressions import Expressions
from bakegen.importing.apply_templates_scope import Scope
from bakegen.importing.apply_templates_segments import RefusedError, segments
from bakegen.importing.apply_templates_statements import Statements
from bakegen.importing.apply_templates_syntax import definitions, program
from bakegen.importing.apply_templates_tokens import hoisted, tokens
from bakegen.importing.apply_templates_values import in_vars, known
from bakegen.importing.apply_templates_writer import Writer
from bakegen.importing.versions_json import read_versions
from bakegen.templating.files import FileRenderer
from bakegen.text import Source
from tests.unit.importing.dockerfile_trees import found_text, tree_of
from tests.unit.importing.jq_interpreter import Jq, JqError
from tests.unit.importing.jq_templates import DEFINED, FACTS, TEMPLATES
from tests.unit.importing.trees import Tree

if TYPE_CHECKING:
    from tests.golden_files import Golden

_CASES = Path(__file__).parents[2] / "golden" / "init-templates"


@given(TEMPLATES, st.fixed_dictionaries({"1.0": FACTS, "2.0-rc": FACTS}))
@settings(max_examples=200)
def test_both_render_the_same(template: str, facts: dict[str, Any]) -> None:
    """Whatever is carried over renders what jq gives, for every version and variant."""
    text = DEFINED + template
    environment = {"version": known("version.name", list(facts)), "variant": known("flavor", ["slim-a", "d"])}
    try:
        pieces = segments(text)
        tree, functions = program(tokens(pieces), len(text)), definitions(hoisted(pieces), len(text))[0]
        expressions, writer = Expressions(environment, functions, facts, {}), Writer()
        Statements(expressions, writer).show(tree, Scope(known("facts", facts.values(), path=())))
    except RefusedError as refused:
        event(f"refused: {refused.why}")
        return
    event("carried over")
    top = Writer()
    for tag in ["set facts = vars.versions[version.name]", *expressions.prelude]:
        top.tag(tag)
    source = Source("Dockerfile.j2", top.result() + writer.result())
    values = {"versions": in_vars(_without_null(facts))}
    for version, one in facts.items():
        for variant in ("slim-a", "d"):
            try:
                expected = Jq({"version": version, "variant": variant}, functions).output(tree, one)
            except JqError:
                continue
            context = {"version": AxisValue(version, {"name": version}), "flavor": variant, "vars": values}
            assert FileRenderer(lambda _: None).render(source, context) == expected, source.text


def _without_null(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_null(one) for key, one in value.items() if one is not None}
    return value


_ODD = st.lists(
    st.sampled_from(
        [
            "{{",
            "}}",
            "-}}\n",
            "a",
            " ",
            "(",
            ")",
            "if",
            "then",
            "end",
            ".a",
            '"',
            "\\(",
            "[",
            "]",
            "|",
            "1",
            "{",
            "}",
            "def a:",
            "a",
            'include "x"',
            "map(",
            "env.b",
            "@sh",
            "//",
            "empty",
            ";",
            "\n",
            "\xff",
        ]
    ),
    max_size=30,
).map("".join)


@given(
    _ODD, st.binary(max_size=20), st.sampled_from([{}, {"a": None}, {"a": [1, {}]}, {"a": {"b": "c"}}, {"version": 1}])
)
def test_no_template_is_too_odd(template: str, dockerfile: bytes, facts: dict[str, Any]) -> None:
    """Nothing is raised, and what cannot be carried over is told."""
    files = {
        "versions.json": json.dumps({"1": facts}).encode(),
        "Dockerfile.template": template.encode("latin-1"),
        "1/a/Dockerfile": b"FROM a\n" + dockerfile,
        "1/b/Dockerfile": b"FROM b\n",
    }
    found = read_versions(Tree(files))
    made = carried(found, Tree(files))
    assert [one.name for one in made.targets] == [one.name for one in found.targets]
    assert len({one.name for one in made.targets if one.template is None}) in (0, len(made.targets))


def test_a_template_that_is_nested_too_deeply_is_told() -> None:
    """Python's limit is no error of the program."""
    files = {f"1/{name}/Dockerfile": f"FROM {name}\n".encode() for name in "ab"}
    files |= {
        "versions.json": b'{"1": {}}',
        "Dockerfile.template": b"x{{ " + b"(" * 5000 + b'"a"' + b")" * 5000 + b" }}\n",
    }
    (loss,) = carried(read_versions(Tree(files)), Tree(files)).losses
    assert "it is nested too deeply" in loss.what


@pytest.mark.parametrize("case", sorted(path.name for path in _CASES.iterdir()))
def test_templates_are_carried_over_as_they_are_kept(case: str, golden: Golden) -> None:
    """The Dockerfiles of these trees are what jq-template.awk and jq 1.7 made of the templates, or edited since."""
    text = (_CASES / case / "tree.txt").read_text()
    tree = tree_of(text)
    found = carried(read_versions(tree), tree)
    files = {"tree.txt": text, "found.txt": found_text(found)}
    for target in found.targets:
        if target.template is not None:
            files[target.template.name] = target.template.text
    golden.check(f"init-templates/{case}", files)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with a versions.json, its template and what that was rendered to."""
    monkeypatch.chdir(tmp_path)
    for path, content in tree_of((_CASES / "carried" / "tree.txt").read_text()).files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(content)
    return tmp_path


def test_what_is_written_renders_the_dockerfiles_that_are_there(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """From a repository to the files that BuildKit reads, without docker."""
    assert run(["init", "--templates"]) == 0
    told = capsys.readouterr().out
    assert "4 of 4 targets build the same as before." in told
    (template,) = folder.glob("images/*/Dockerfile.j2")
    assert f"Dockerfile.template: images/{template.parent.name}/Dockerfile.j2 now" in told
    assert run(["render"]) == 0
    before = sorted(path.read_text() for path in folder.glob("[34]*/*/Dockerfile"))
    after = sorted(_without_remark(path.read_text()) for path in folder.glob(".bakegen/**/*.Dockerfile"))
    assert len(after) == 4
    assert after == before


def test_without_the_option_dockerfiles_are_used_and_files_are_kept(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A template of one's own is not written over."""
    assert run(["init", "--dry-run"]) == 1
    told = capsys.readouterr().out
    assert "Dockerfile.j2" not in told
    assert "try `bakegen init --templates`" in told
    assert run(["init", "--templates", "--dry-run", "--format", "json"]) == 0
    (name,) = [line.split('"')[1] for line in capsys.readouterr().out.splitlines() if 'Dockerfile.j2": "' in line]
    mine = folder / name
    mine.parent.mkdir(parents=True)
    mine.write_text("FROM scratch\n")
    assert run(["init", "--templates"]) == 2
    assert "is there already" in capsys.readouterr().err
    assert mine.read_text() == "FROM scratch\n"


def _without_remark(text: str) -> str:
    """A rendered Dockerfile without what says that it is one."""
    lines = text.split("\n")
    (at,) = [number for number, line in enumerate(lines) if line.startswith("# Rendered by bakegen")]
    return "\n".join(lines[:at] + lines[at + 2 :])
