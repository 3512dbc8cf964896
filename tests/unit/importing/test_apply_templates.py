"""Templates of docker-library as Dockerfile.j2: what both render is the same text, or nothing is carried over."""

from __future__ import annotations

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

if TYPE_CHECKING:
    from tests.golden_files import Golden

_CASES = Path(__file__).parents[2] / "golden" / "init-templates"

_SCALARS = st.sampled_from(["1.2", "it's", "a b", "alpine3", "1.2", "a", "b-rc", "c", "", None, True, False, 0, 7])
_ARCH = st.fixed_dictionaries(
    {"url": st.sampled_from(["http://x/1", "it's"])},
    optional={"ok": st.booleans(), "sha": st.sampled_from(["aa", "", None])},
)
_FACTS = st.fixed_dictionaries(
    {
        "version": st.sampled_from(["1.2.3", "2.0"]),
        "arches": st.dictionaries(st.sampled_from(["amd64", "arm64", "i386"]), _ARCH),
        "list": st.lists(st.sampled_from(["x", "y", "Z"])),
        "sure": st.fixed_dictionaries({"text": st.sampled_from(["a", "1.2"]), "flag": st.booleans()}),
    },
    optional={
        "a": _SCALARS,
        "b": st.dictionaries(st.sampled_from(["c", "d"]), _SCALARS),
        "n": st.integers(0, 20),
    },
)
_PATHS = [
    ".version",
    ".a",
    ".b.c",
    '.b["d"]',
    ".n",
    "env.version",
    "env.variant",
    "slim",
    ".b[env.variant]",
    ".sure.text",
    ".sure.flag",
    '.sure["text"]',
    "env.version",
    ".version",
]
_TEXTS = st.sampled_from(
    [
        "RUN a \\\n",
        "\t",
        "  \n",
        "\n",
        "x",
        "${#name[@]}",
        "{% if %}",
        "{",
        "echo '{ a }'\n",
        "# {# b #}\n",
        "\t\\\n",
        "'",
        "{{ # a comment }}",
        "{{ # a comment -}}\n",
    ]
)
_LITERALS = st.sampled_from(['""', '"a"', '"it\'s"', '"{% x"', '"1.2"', '"\\(.version)-\\(env.variant)"', '"\\n"'])


def _conditions(values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    plain = st.one_of(
        values,
        st.sampled_from([".arches", ".list", ".b", "is_slim", "true"]),
        st.builds("{} {} {}".format, values, st.sampled_from(["==", "!=", "<", ">="]), values | _LITERALS),
        st.builds("{} >= {}".format, st.sampled_from([".n", ".list | length"]), st.sampled_from(["3", "0"])),
        st.builds(
            '{} | {}("{}")'.format,
            values,
            st.sampled_from(["startswith", "endswith", "contains", "index", "IN"]),
            st.sampled_from(["a", "1", "slim"]),
        ),
        st.builds('IN({}; "1.0", "slim")'.format, values),
        st.just('.b | has("c")'),
    )
    return st.recursive(
        plain,
        lambda inner: (
            st.builds("({}) {} ({})".format, inner, st.sampled_from(["and", "or"]), inner)
            | st.builds("({}) | not".format, inner)
        ),
        max_leaves=3,
    )


_VALUES = st.recursive(
    st.sampled_from(_PATHS),
    lambda inner: st.one_of(
        st.builds(
            '({} | {}("{}"))'.format, inner, st.sampled_from(["ltrimstr", "rtrimstr"]), st.sampled_from(["a", "-rc"])
        ),
        st.builds('({} | gsub("{}"; "{}"))'.format, inner, st.sampled_from(["a", "-"]), st.sampled_from(["", "b"])),
        st.builds("({} // {})".format, inner, inner | _LITERALS),
        st.builds("({} + {})".format, inner, inner | _LITERALS),
        st.builds("({} | {})".format, inner, st.sampled_from(["@sh", "ascii_upcase", "tostring"])),
        st.builds("(if {} then {} else {} end)".format, inner, inner, _LITERALS),
        st.just('(.list | sort | join(", "))'),
        st.just('(["x", if is_slim then "a", "b" else empty end, .version] | sort | join(" "))'),
        st.builds('({{"1.0": "one", slim: {}}}[{}])'.format, inner, inner),
    ),
    max_leaves=3,
)
_TAIL = st.sampled_from(["-}}\n", "}}\n"])


def _blocks(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    conditions = _conditions(_VALUES)
    return st.one_of(
        st.builds("{}{}".format, inner, inner),
        st.builds(
            "a {{{{ if {} then {} else {} end }}}} b {{{{ {} }}}}\n".format, conditions, _VALUES, _LITERALS, _VALUES
        ),
        st.builds("\t{{{{ if {} then ( }}}}x{{{{ ) else ( }}}} {{{{ ) end }}}}\n".format, conditions),
        st.builds(
            "{{{{ if {} then ( {}{}{{{{ ) else ( {}{}{{{{ ) end {}".format,
            conditions,
            _TAIL,
            inner,
            _TAIL,
            inner,
            _TAIL,
        ),
        st.builds('{{{{ if {} then ( {}{}{{{{ ) else "" end {}'.format, conditions, _TAIL, inner, _TAIL),
        st.builds(
            "{{{{ if {} then ( {}{}{{{{ ) elif {} then ( {}{}{{{{ ) else ( -}}}}\nx{{{{ ) end {}".format,
            conditions,
            _TAIL,
            inner,
            conditions,
            _TAIL,
            inner,
            _TAIL,
        ),
        st.builds(
            "{{{{ [ .arches | to_entries[] | {} | .key as $key | .value | ( {}{}{{{{ $key {}{}{{{{ ) ] | add {}".format,
            st.sampled_from(["select(.value.ok)", 'select(.key != "i386")', "."]),
            _TAIL,
            st.sampled_from(
                [
                    "{{ .url | @sh }}",
                    "{{ .sha // empty }}",
                    '{{ if .sha then ( -}}\n\tA {{ .sha }}\n{{ ) else "" end -}}\n',
                ]
            ),
            _TAIL,
            st.sampled_from(["\n", "; \\\n"]),
            _TAIL,
        ),
        st.builds(
            "{{{{ .list | map( {}\t{{{{ . }}}} \\\n{{{{ ) | {} {}".format,
            _TAIL,
            st.sampled_from(["add", 'join("")']),
            _TAIL,
        ),
        st.builds("{{{{ ({}) as $x | ( {}{{{{ $x }}}}{}{{{{ ) {}".format, _VALUES, _TAIL, inner, _TAIL),
    )


_TEMPLATES = st.recursive(
    st.one_of(_TEXTS, st.builds("{{{{ {} {}".format, _VALUES, _TAIL), st.builds("{{{{ {} {}".format, _LITERALS, _TAIL)),
    _blocks,
    max_leaves=6,
)
_DEFINED = '{{ def is_slim: env.variant | startswith("slim") ; def slim: env.variant | ltrimstr("slim-") -}}\nFROM a\n'


@given(_TEMPLATES, st.fixed_dictionaries({"1.0": _FACTS, "2.0-rc": _FACTS}))
@settings(max_examples=200)
def test_both_render_the_same(template: str, facts: dict[str, Any]) -> None:
    """Whatever is carried over renders what jq gives, for every version and variant."""
    text = _DEFINED + template
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
