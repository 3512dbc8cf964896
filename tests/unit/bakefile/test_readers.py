"""Reading bake files: any bytes at all, places, and our own files back to what was written."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bakegen.bake.hcl import write_hcl
from bakegen.bake.jsonfile import write_json
from bakegen.bake.meaning import meaning
from bakegen.bake.model import BakeFile, BakeTarget
from bakegen.bakefile.reader import read_bake_file
from bakegen.bakefile.targets import BakeModel
from bakegen.rules.bakefile_pragmas import bake_pragmas
from bakegen.rules.check_bake import check_bake_file
from bakegen.rules.config import Config
from bakegen.rules.fixing import fix_other
from bakegen.rules.model import Settings
from bakegen.text import Source
from tests.unit.bake.examples import EXAMPLE

if TYPE_CHECKING:
    from bakegen.bake.model import Value as Plain
    from bakegen.bakefile.model import Document, Expression
    from bakegen.bakefile.values import Value

ROOT = Path(__file__).parents[3]
PATHS = ("docker-bake.hcl", "docker-bake.json", "x")
EVERY = Config(select=("BF",))
STRICT = Config(select=("BF",), settings=Settings(trusted=False, buildx="0.11"))

_PIECES = (
    *("target", "group", "variable", "function", "matrix", "name", "inherits", "tags", "args", "contexts", "cache-to"),
    *('"a"', '"b-${v}"', '"target:a"', '"type=registry,ref=x"', "default", "for", "in", "if", "v", "1", "true", "null"),
    *("{", "}", "[", "]", "(", ")", "=", ":", ",", ".", "?", "==", "&&", "!", "-", "...", "*", "${", "%{", "$${", "~}"),
    *(
        '"',
        "\\",
        "\n",
        " ",
        "\t",
        "\r\n",
        "#",
        "//",
        "/*",
        "*/",
        "<<EOT\n",
        "\nEOT\n",
        "<<-X\n",
        "é",
        "😀",
        "\udcff",
        "\0",
    ),
    *("# bakegen ignore=BF401\n", "# bakegen global ignore=BF402\n", "\ufeff", "\\u00e9", "concat", "replace", "1e5"),
)
_soup = st.lists(st.sampled_from(_PIECES), max_size=40).map("".join)
_bodies = st.lists(st.sampled_from(_PIECES), max_size=8).map(" ".join)
_files = st.lists(
    st.tuples(st.sampled_from(("target", "group", "variable", "function")), st.sampled_from("abc"), _bodies), max_size=4
).map(lambda blocks: "".join(f'{kind} "{name}" {{\n  {body}\n}}\n' for kind, name, body in blocks))


def check_places(document: Document) -> None:
    """Every place lies in the text."""
    size = len(document.source.text)
    for problem in document.problems:
        assert problem.span.end <= size and problem.message
    for block in document.blocks:
        assert block.span.start <= block.name_span.start <= block.name_span.end <= block.span.end <= size
        for attribute in block.attributes:
            assert document.source.slice(attribute.name_span).strip('"') or not attribute.name
            assert attribute.span.end <= size


def look(path: str, text: str) -> None:
    source = Source(path, text)
    check_places(read_bake_file(source))
    for found in check_bake_file(source, STRICT):
        assert found.finding.span.end <= len(text)


@pytest.mark.parametrize("path", PATHS)
@given(data=st.binary(max_size=200))
def test_any_bytes(path: str, data: bytes) -> None:
    look(path, Source.from_bytes(path, data).text)


@pytest.mark.parametrize("path", PATHS)
@given(text=_soup | _files)
def test_any_text(path: str, text: str) -> None:
    look(path, text)


@pytest.mark.parametrize("path", sorted((ROOT / "tests/engine/bakefiles").iterdir()), ids=lambda path: path.name)
@given(data=st.data())
def test_any_damage(path: Path, data: st.DataObject) -> None:
    text = path.read_text(encoding="utf-8")
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 30)))
    look(path.name, text[:start] + data.draw(st.sampled_from(_PIECES)) + text[end:])


@pytest.mark.parametrize("many", ["[", "{", '{"a":', "(", '"${', "!", "a ? b : ", "f(", "a = [\n", "a.b"])
@pytest.mark.parametrize("path", PATHS)
def test_deep_and_long(path: str, many: str) -> None:
    look(path, many * 3_000)
    look(path, "a = " + many * 3_000)


def test_what_doubles_and_doubles() -> None:
    lines = ['v0 = ["x", "y"]', 's0 = "xy"', 'm0 = {a = "b"}']
    for at in range(40):
        lines += [f"v{at + 1} = concat(v{at}, v{at})", f's{at + 1} = "${{s{at}}}${{s{at}}}"']
        lines += [f"m{at + 1} = {{a = m{at}, b = m{at}}}"]
    lines += ['function "f" {\n  params = [x]\n  result = "${f(x)}${f(x)}"\n}']
    lines += ['target "t" {\n  tags = v40\n  target = s40\n  args = m40\n  context = f("x")\n}']
    lines += ["v = w\nw = v", 'target "c" {\n  target = v\n}']
    model = BakeModel([read_bake_file(Source("a.hcl", "\n".join(lines)))])
    assert not any(value.sure for value in model.effective("t").attributes.values())
    assert model.effective("c").get("target") is None


def test_a_matrix_that_explodes() -> None:
    axes = "\n".join(f"    a{at} = [{', '.join(map(str, range(20)))}]" for at in range(6))
    model = BakeModel([read_bake_file(Source("a.hcl", f'target "t" {{\n  matrix = {{\n{axes}\n  }}\n}}\n'))])
    assert not model.complete


def plain(value: Value) -> Plain:
    if isinstance(value.content, tuple):
        return tuple(plain(item) for item in value.items)
    if isinstance(value.content, Mapping):
        return {key: plain(item) for key, item in value.fields.items()}
    assert isinstance(value.content, str | bool | int)
    return value.content


def read_back(path: str, text: str) -> BakeModel:
    document = read_bake_file(Source(path, text))
    assert document.problems == ()
    model = BakeModel([document])
    assert model.complete
    return model


@pytest.mark.parametrize("since", ["0.20", "0.36"])
def test_what_we_write_reads_back(since: str) -> None:
    for path, text in (("a.hcl", write_hcl(EXAMPLE, since)), ("a.json", write_json(EXAMPLE, since))):
        model = read_back(path, text)
        targets = []
        for target in model.targets.values():
            targets.append(BakeTarget(target.name, {name: plain(value) for name, value in target.own.items()}))
        back = BakeFile(groups=EXAMPLE.groups, targets=tuple(targets))
        names = tuple(target.name for target in EXAMPLE.targets)
        assert meaning(back, names) == meaning(EXAMPLE, names)
        for group in EXAMPLE.groups:
            assert [name for name, _ in model.groups[group.name].names()] == list(group.targets)


@pytest.mark.parametrize(
    "path",
    [
        *sorted((ROOT / "tests/unit/bake/golden").iterdir()),
        *sorted((ROOT / "tests/golden/images").glob("*/docker-bake*.hcl")),
    ],
    ids=lambda path: f"{path.parent.name}/{path.name}",
)
def test_golden_files_are_read_whole(path: Path) -> None:
    model = read_back(path.name, path.read_text(encoding="utf-8"))
    for target in model.targets.values():
        for name, value in target.own.items():
            # Whoever reads the override file may replace one of these; it is looked up in a map that is empty here.
            assert value.sure or name == "cache-from", (target.name, name)


def places(expression: Expression, source: Source) -> list[str]:
    """The text of every item of lists and objects."""
    found = [source.slice(expression.span)]
    for part in getattr(expression, "items", ()):
        found += places(part, source)
    for part in getattr(expression, "fields", ()):
        found += [source.slice(part.key.span), *places(part.value, source)]
    return found


def test_places_are_in_characters() -> None:
    source = Source("a.hcl", '# größe 😀\ntarget "é😀" {\n  tags = ["ä", "b"] # ü\n  args = { "ß" = "x" }\n}\n')
    (block,) = read_bake_file(source).blocks
    assert source.slice(block.name_span) == '"é😀"'
    shown = [places(one.value, source) for one in block.attributes]
    assert shown == [['["ä", "b"]', '"ä"', '"b"'], ['{ "ß" = "x" }', '"ß"', '"x"']]


def test_places_in_json() -> None:
    source = Source("a.json", '{"target": {"é": {"tags": ["ä", "${1}"], "args": {"ß": null}}}}')
    (block,) = read_bake_file(source).blocks
    assert source.slice(block.name_span) == '"é"'
    shown = [places(one.value, source) for one in block.attributes]
    assert shown == [['["ä", "${1}"]', '"ä"', '"${1}"'], ['{"ß": null}', '"ß"', "null"]]


HCL = """target "a" {
  # bakegen ignore=BF410 an old name
  tags = ["A/B:1"]
}
// bakegen ignore=refused-tag
target "b" {
  tags = ["A/B:2"]
}
target "c" {
  tags = [
    # bakegen ignore=BF410
    "A/B:3",
    "A/B:4",
    "A/B:5", # bakegen ignore=BF410
  ]
}
"""


def test_comments_silence() -> None:
    source = Source("docker-bake.hcl", HCL)
    found = [source.slice(one.finding.span) for one in check_bake_file(source, Config(select=("BF410",)))]
    assert found == ['"A/B:4"']
    everywhere = Source("docker-bake.hcl", "/* bakegen global ignore=BF4 */\n" + HCL)
    assert check_bake_file(everywhere, Config(select=("BF410",))) == ()
    assert len(check_bake_file(source, Config(select=("BF410",), pragmas=False))) == 5


def test_comments_that_silence_nothing() -> None:
    source = Source("docker-bake.hcl", '# bakegen ignore=BF410,BF999\ntarget "a" {}\n')
    found = [(one.rule.code, source.slice(one.finding.span)) for one in check_bake_file(source)]
    assert found == [("GE002", "BF410"), ("GE003", "BF999")]
    assert [one.word for one in bake_pragmas(read_bake_file(source))] == ["BF410", "BF999"]


def test_our_own_files_are_clean() -> None:
    golden = ROOT / "tests/golden/images"
    main = Source("docker-bake.hcl", (golden / "registry/docker-bake.hcl").read_text(encoding="utf-8"))
    laptop = Source("docker-bake.hcl", (golden / "laptop/docker-bake.hcl").read_text(encoding="utf-8"))
    for config in (Config(), EVERY):
        assert check_bake_file(main, config) == ()
        assert check_bake_file(laptop, config) == ()
        for name in ("master", "branch", "fork"):
            path = golden / name / "docker-bake.override.hcl"
            override = Source(path.name, path.read_text(encoding="utf-8"))
            assert check_bake_file(override, config, before=[main]) == ()
            assert check_bake_file(main, config, after=[override]) == ()


def test_fixes_leave_bake_files_that_are_read() -> None:
    """Wherever a fix is offered, it does away with its finding and with nothing else."""
    config = Config(select=("BF400", "BF405"))
    for text in (
        'target "a" {\r\n  cache-to = [{\r\n    type = "gha"\r\n  }]\r\n}\r\n',
        'target "a" {\n  cache-to = [{\n    type = "gha",\n    mode = "max"\n  }]\n}\n',
        'target "a" {\n  cache-to = [{\n    type = "gha",\n    mode = "max",\n  }]\n}\n',
        'target "a" {\n  cache-to = [{ type = "gha", }, "type=gha,scope=é😀"]\n}\n',
        'target "a" {\n  cache-to = true ? ["type=gha"] : []\n}\n',
        '{"target": {"a": {"cache-to": ["type=gha", {"type": "gha"}]}}}',
    ):
        path = "docker-bake.json" if text.startswith("{") else "docker-bake.hcl"
        fixed = fix_other(Source(path, text), lambda source: check_bake_file(source, config))
        assert fixed.made and not fixed.refused, text
        assert check_bake_file(fixed.source, config) == (), fixed.source.text
        assert fixed.source.text.count("\r\n") in (0, fixed.source.text.count("\n"))
    for text in (
        'variable "C" {\n  default = "type=gha"\n}\ntarget "a" {\n  cache-to = [C]\n}\n',
        'target "a" {\n  cache-to = [{\n    type = "gha" # why\n  }]\n}\n',
        'target "a" {\n  cache-to = ["r.example/a:cache"]\n}\n',
    ):
        (found,) = check_bake_file(Source("docker-bake.hcl", text), config)
        assert found.finding.fix is None


def test_what_needs_all_files_is_silent_where_there_are_more() -> None:
    text = 'variable "A" {}\ngroup "default" {\n  targets = ["service"]\n}\n'
    source = Source("docker-bake.hcl", text)
    assert [one.rule.code for one in check_bake_file(source)] == ["BF416", "BF413"]
    assert check_bake_file(source, more=True) == ()
    assert (
        check_bake_file(source, after=[Source("docker-bake.override.hcl", 'target "service" {\n  target = A\n}\n')])
        == ()
    )
    assert check_bake_file(Source("ci.hcl", text)) == ()
