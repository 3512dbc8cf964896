"""What our reader is sure of in awkward bake files is what the real `docker buildx bake --print` makes of them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from bakegen.bake.meaning import meaning
from bakegen.bake.model import BakeFile, BakeTarget
from bakegen.bake.model import Value as Plain
from bakegen.bakefile.entries import entries
from bakegen.bakefile.reader import read_bake_file
from bakegen.bakefile.targets import BakeModel
from bakegen.definition.attributes import ATTRIBUTES, Kind
from bakegen.text import Source

if TYPE_CHECKING:
    from bakegen.bakefile.values import Value
    from tests.engine.harness.engine import Engine

HERE = Path(__file__).parent / "bakefiles"
GROUPS: dict[str, list[Path]] = {}
for one in sorted(HERE.iterdir()):
    GROUPS.setdefault(one.name.partition(".")[0], []).append(one)

# How many values we must be sure of, so that nothing is unknown by mistake.
LEAST = {"loops": 0, "inherits": 20, "matrix": 12, "override": 6}


def plain(name: str, value: Value) -> Plain | None:
    """The value as bakegen itself would write it; None where it is not sure, or has no such form."""
    if not value.sure:
        return None
    kind = ATTRIBUTES[name].kind
    if kind is Kind.ENTRIES:
        found = list(entries(value, name))
        sure = len(found) == len(value.items) and all(entry.sure for entry in found)
        return tuple(dict(entry.fields) for entry in found) if sure else None
    if kind is Kind.BOOL:
        return value.content if isinstance(value.content, bool) else None
    if isinstance(value.content, tuple):
        texts = [item.text for item in value.items]
        known = [text for text in texts if text is not None]
        return tuple(known) if len(known) == len(texts) else None
    if isinstance(value.content, Mapping):
        fields = {key: item.text for key, item in value.fields.items()}
        kept = {key: text for key, text in fields.items() if text is not None}
        return kept if len(kept) == len(fields) else None
    return value.text


def sure_of(model: BakeModel) -> dict[str, dict[str, Plain]]:
    """All values of all targets that are sure, parts of maps included."""
    found: dict[str, dict[str, Plain]] = {}
    for name in model.targets:
        attributes: dict[str, Plain] = {}
        for attribute, value in model.effective(name).attributes.items():
            known = plain(attribute, value)
            if known is not None:
                attributes[attribute] = known
        found[name] = attributes
    return found


@pytest.mark.parametrize("name", GROUPS)
def test_what_is_sure_is_so(engine: Engine, name: str) -> None:
    paths = GROUPS[name]
    documents = [read_bake_file(Source.from_bytes(path.name, path.read_bytes())) for path in paths]
    assert [document.problems for document in documents] == [()] * len(documents)
    model = BakeModel(documents)
    assert model.complete and model.targets
    sure = sure_of(model)
    wanted = tuple(model.targets)
    told = engine.bake_print(*(f"--file={path}" for path in paths), *wanted, *model.groups, cwd=HERE)
    assert set(wanted) <= set(told["target"])
    for group in set(model.groups) - {"default"}:
        members = [member for member, _ in model.groups[group].names()]
        printed = told["group"][group]["targets"]
        assert isinstance(printed, list)
        # Bake goes through the axes of a matrix in no order.
        assert sorted(printed) == sorted(set(members))
    expected = meaning(BakeFile(targets=tuple(BakeTarget(one, sure[one]) for one in wanted)), wanted)
    targets = expected["target"]
    assert isinstance(targets, dict)
    count = 0
    for one in wanted:
        ours = targets[one]
        assert isinstance(ours, dict)
        for attribute in sure[one]:
            assert told["target"][one].get(attribute) == ours.get(attribute), (one, attribute)
            count += 1
        for attribute in told["target"][one]:
            written = attribute in model.effective(one).attributes or not model.effective(one).sure
            assert written or attribute in ("context", "dockerfile"), (one, attribute)
        for attribute, value in model.effective(one).attributes.items():
            # Parts of maps that are sure, where others are not.
            for key, item in value.fields.items():
                printed = told["target"][one].get(attribute)
                if item.sure and item.text is not None and isinstance(printed, dict) and attribute not in sure[one]:
                    escaped = item.text.replace("${", "$${").replace("%{", "%%{")
                    assert printed.get(key) in (item.text, escaped), (one, attribute, key)
    assert count >= LEAST.get(name, 1)


_HEAD = """
variable "BAKEFILES_S" { default = "some text" }
variable "BAKEFILES_E" { default = "" }
variable "BAKEFILES_N" { default = 12 }
variable "BAKEFILES_T" { default = true }
variable "BAKEFILES_L" { default = ["a", "b-c"] }
variable "BAKEFILES_O" { default = { k = "v", n = 1 } }
function "own" {
  params = [x, y]
  result = "${x}-${y}"
}
function "chosen" {
  params = [x]
  result = x == "" ? "none" : upper(x)
}
"""
_ATOMS = (
    *(
        '"a"',
        '"A b"',
        '""',
        '"1"',
        '" x "',
        '"$${x}"',
        '"%%{y}"',
        '"$"',
        '"é\\n\\u0041"',
        "0",
        "7",
        "true",
        "false",
        "null",
    ),
    *("BAKEFILES_S", "BAKEFILES_E", "BAKEFILES_N", "BAKEFILES_T", "BAKEFILES_L", "BAKEFILES_O.k", 'BAKEFILES_O["n"]'),
    *("BAKEFILES_L[1]", "BAKEFILES_L.0", "1.5", "-3", "1e2", "[]", '["x", "y"]', '{ a = "b" }.a'),
)
_FORMS = (
    *('"<${{{0}}}>"', '"${{{0}}}${{{1}}}"', '"${{{0}}}"', '"x ${{~ {0} ~}} y"', "{0} ? {1} : {2}", "({0})", "!{0}"),
    *("{0} == {1}", "{0} != {1}", "{0} && {1}", "{0} || {1}", "[{0}, {1}]", "[{0}, {1}][1]", "{{ k = {0} }}.k"),
    *("lower({0})", "upper({0})", "trimspace({0})", "replace({0}, {1}, {2})", "join({0}, {1})", "split({0}, {1})"),
    *("concat({0}, {1})", "trimprefix({0}, {1})", "trimsuffix({0}, {1})", "equal({0}, {1})", "notequal({0}, {1})"),
    *("and({0}, {1})", "or({0}, {1})", "not({0})", "own({0}, {1})", "chosen({0})", "{0} + {1}", "[for i in {0} : i]"),
)


def _grown(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.builds(lambda form, *parts: form.format(*parts), st.sampled_from(_FORMS), inner, inner, inner)


_expressions = st.recursive(st.sampled_from(_ATOMS), _grown, max_leaves=6)


@settings(max_examples=6, deadline=None, phases=(Phase.generate,), suppress_health_check=list(HealthCheck))
@given(st.lists(_expressions, min_size=150, max_size=200, unique=True))
def test_any_expression_that_is_sure_is_so(engine: Engine, expressions: list[str]) -> None:
    """Bake's `try` tells which expressions are errors; ours sees them without it."""
    ours = "".join(f'target "t{at}" {{\n  args = {{ A = {one} }}\n}}\n' for at, one in enumerate(expressions))
    theirs = "".join(
        f'target "t{at}" {{\n  args = {{ A = try("=${{{one}}}", can({one}) ? "=other" : "failed") }}\n}}\n'
        for at, one in enumerate(expressions)
    )
    document = read_bake_file(Source("a.hcl", _HEAD + ours))
    assert document.problems == ()
    model = BakeModel([document])
    with TemporaryDirectory() as folder:
        path = Path(folder, "docker-bake.hcl")
        path.write_text(_HEAD + theirs, encoding="utf-8")
        told = engine.bake_print(*model.targets, cwd=Path(folder))
    sure = 0
    for at, one in enumerate(expressions):
        args = told["target"][f"t{at}"]["args"]
        assert isinstance(args, Mapping)
        text = model.effective(f"t{at}").attributes["args"].fields["A"].text
        if text is not None:
            sure += 1
            printed = text.replace("${", "$${").replace("%{", "%%{")
            # An expression that fails in bake fails the whole file, so that nothing of it is ever built.
            assert args["A"] in (f"={printed}", "failed"), (one, text)
    assert sure > 10


def test_bake_refuses_what_we_say_it_does(engine: Engine, tmp_path: Path) -> None:
    """Each of these has a finding of severity error; bake stops at each."""
    from bakegen.rules.check_bake import check_bake_file

    for text in REFUSED:
        path = tmp_path / "docker-bake.hcl"
        path.write_text(text)
        codes = [one.rule.code for one in check_bake_file(Source(path.name, text)) if one.severity.value == "error"]
        done = engine.run(["buildx", "bake", "--print", "a"], cwd=tmp_path, check=False)
        assert codes and done.code != 0, text


def test_bake_does_without_what_it_does_not_know(engine: Engine, tmp_path: Path) -> None:
    """Slips in names of attributes and blocks are no errors for bake, which is why they need a finding."""
    path = tmp_path / "docker-bake.hcl"
    path.write_text(
        'target "a" {\n  tag = ["x"]\n  target = "t"\n}\ntargets "b" {}\ngroup "g" {\n  x = 1\n  targets = []\n}\n'
    )
    told = engine.bake_print("a", cwd=tmp_path)
    assert told["target"] == {"a": {"context": ".", "dockerfile": "Dockerfile", "target": "t"}}


REFUSED = (
    'target "a" {\n  target = "x"\n  target = "y"\n}\n',
    'target "a" {\n  inherits = ["b"]\n}\n',
    'target "a" {\n  contexts = {\n    b = "target:b"\n  }\n}\n',
    'target "a" {\n  contexts = {\n    b = "target:a"\n  }\n}\n',
    'target "a" {\n  contexts = {\n    b = "target:b"\n  }\n}\n'
    'target "b" {\n  contexts = {\n    a = "target:a"\n  }\n}\n',
    'target "a" {}\ntarget "a.b" {}\n',
    'group "g" {\n  targets = ["a"]\n}\ntarget "b" {}\ntarget "a" {\n  inherits = ["g"]\n}\n',
    'target "b" {\n  platforms = ["linux/amd64", "linux/s390x"]\n}\ntarget "a" {\n'
    '  platforms = ["linux/amd64", "linux/arm64"]\n  contexts = {\n    b = "target:b"\n  }\n}\n',
    'target "a" {\n  tags = [\n}\n',
)
