"""Every example of every model: the effect that it shows is the effect that there is."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bakegen.effects.commands import _names, cat, model_of, models, names_text, unzip
from bakegen.effects.places import entry, tree
from tests.unit.effects.runs import effect_of

if TYPE_CHECKING:
    from types import ModuleType

    from bakegen.effects.call import CallExample
    from bakegen.effects.places import Place
    from tests.golden_files import Golden

MODULES = sorted({id(model): model for model in models().values()}.values(), key=lambda model: model.NAMES)
EXAMPLES = [(model.NAMES[0], example) for model in MODULES for example in model.EXAMPLES]


def test_the_list_of_names_is_that_of_the_models(golden: Golden) -> None:
    place = Path(_names.__file__)
    if golden.update:
        place.write_text(names_text())
    assert place.read_text() == names_text(), "if this is meant: pytest --update-golden"


def test_each_model_is_found_by_its_names_alone() -> None:
    assert all(model_of(name) is model for name, model in models().items())
    assert model_of("no-such-command") is None


def test_names_are_known_before_any_model_is_loaded() -> None:
    program = (
        "import sys; from bakegen.effects.commands import knows; assert knows('cat') and not knows('kitten');"
        "print([name for name in sys.modules if name.startswith('bakegen.effects.')])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "['bakegen.effects.commands._names', 'bakegen.effects.commands']\n"


@pytest.mark.parametrize(("model", "known"), [(cat, cat._READERS), (unzip, {"unzip": "", **unzip._KIN})])
def test_names_are_those_that_there_is_an_answer_for(model: ModuleType, known: dict[str, object]) -> None:
    assert tuple(known) == model.NAMES


def place(text: str) -> Place:
    return tree(text[:-3] or "/") if text.endswith("/**") else entry(text)


@pytest.mark.parametrize(("name", "example"), EXAMPLES, ids=[f"{name}: {one.line}"[:90] for name, one in EXAMPLES])
def test_the_example_shows_what_is_so(name: str, example: CallExample) -> None:
    effect = effect_of(
        example.line,
        directory=example.directory,
        user=example.user,
        variables=example.variables,
        files=example.files,
    )
    assert (example.barrier in effect.barrier) if example.barrier else effect.barrier == ""
    if example.barrier:
        return
    assert {place(one) for one in example.reads} <= effect.reads
    assert {place(one) for one in example.writes} <= effect.writes
    assert set(example.ensures) == effect.ensures or not example.ensures
    installs = effect.installs
    if example.manifests or example.obstacles:
        assert installs, "it is no installer"
    if installs:
        assert sorted(example.manifests) == sorted({path for one in installs for path in one.manifests})
        found = [what for one in installs for what in one.obstacles]
        assert len(found) == len(example.obstacles), found
        for part in example.obstacles:
            assert any(part in what for what in found), found


@pytest.mark.parametrize("model", MODULES, ids=[model.NAMES[0] for model in MODULES])
def test_every_model_has_examples(model: object) -> None:
    assert len(getattr(model, "EXAMPLES", ())) >= 2


@pytest.mark.parametrize("line", ["mkdir -p /x\\\n  /y", "a && mkdir /z"])
def test_spans_lead_to_the_command(line: str) -> None:
    text = f"FROM base\nRUN {line}\n"
    span = effect_of(line).commands[-1].span
    assert span is not None
    assert text[span.start : span.end].startswith("mkdir")
