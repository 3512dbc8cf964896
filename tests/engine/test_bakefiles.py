"""What our reader is sure of in awkward bake files is what the real `docker buildx bake --print` makes of them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

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
    told = engine.bake_print(*(f"--file={path}" for path in paths), *wanted, cwd=HERE)
    assert set(wanted) <= set(told["target"])
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
