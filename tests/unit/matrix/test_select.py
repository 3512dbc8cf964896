"""Selections: each form of a rule, version order, and what goes wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bakegen.errors import InputError
from bakegen.matrix.expand import expand
from bakegen.matrix.select import select
from tests.unit.definition.projects import errors, project

if TYPE_CHECKING:
    from bakegen.diagnostics import Diagnostic

IMAGES = {
    "go": "matrix: {axes: {version: [1.9, 1.10, 1.11-rc1, 1.8], os: [deb, {name: alp, family: musl}]}}",
    "rust": "matrix: {axes: {version: ['0.1', '0.2']}}",
    "web": "",
}


def chosen(rules: str, images: dict[str, str] | None = None, warnings: list[Diagnostic] | None = None) -> list[str]:
    definition = project(images or IMAGES, f"selections:\n  s: {rules}")
    return list(select(definition, expand(definition), warnings)["s"])


@pytest.mark.parametrize(
    ("rules", "names"),
    [
        ("none", ""),
        ("newest 1 of version", "go-1-11-rc1-deb go-1-11-rc1-alp rust-0-2 web"),
        ("newest 2 of version", "go-1-10-deb go-1-10-alp go-1-11-rc1-deb go-1-11-rc1-alp rust-0-1 rust-0-2 web"),
        ("oldest 1 of version", "go-1-8-deb go-1-8-alp rust-0-1 web"),
        ("newest 9 of os", None),
        ("{match: {image: rust}}", "rust-0-1 rust-0-2"),
        ("{match: {image: [rust, w*]}}", "rust-0-1 rust-0-2 web"),
        ("{match: {version: '1.1*', os: deb}}", "go-1-10-deb go-1-11-rc1-deb"),
        ("{match: {os.family: musl, version: '1.8'}}", "go-1-8-alp"),
        ("{except: {image: go}}", "rust-0-1 rust-0-2 web"),
        ("{except: {version: '1.*'}}", "rust-0-1 rust-0-2 web"),
        ("{match: {image: go}, except: {os: deb}, newest: 1 of version}", "go-1-11-rc1-alp"),
        ("{except: {version: '*-rc*'}, newest: 1 of version}", "go-1-10-deb go-1-10-alp rust-0-2 web"),
        ("web", "web"),
        ("go-*-alp", "go-1-9-alp go-1-10-alp go-1-11-rc1-alp go-1-8-alp"),
        ("[web, rust-0-1]", "rust-0-1 web"),
        ("[none, web]", "web"),
        ("[{match: {image: rust}}, oldest 1 of version]", "go-1-8-deb go-1-8-alp rust-0-1 rust-0-2 web"),
    ],
)
def test_rules(rules: str, names: str | None) -> None:
    everything = chosen("all")
    assert len(everything) == 11
    assert chosen(rules) == (everything if names is None else names.split())


def test_images_add_to_selections_among_their_own_variants() -> None:
    images = {
        **IMAGES,
        "web": "selections: {s: all, mine: all}",
        "rust": IMAGES["rust"] + "\nselections: {s: newest 1 of version}",
    }
    definition = project(images, "selections: {s: go-1-8-deb}")
    found = select(definition, expand(definition))
    assert found == {"s": ("go-1-8-deb", "rust-0-2", "web"), "mine": ("web",)}


@pytest.mark.parametrize(
    ("rules", "code"),
    [
        ("newest two of version", "selection-rule"),
        ("newest 0 of version", "selection-rule"),
        ("newest 2", "selection-rule"),
        ("some words", "selection-rule"),
        ("{}", "selection-rule"),
        ("{newest: 1 of version, oldest: 1 of version}", "selection-rule"),
        ("{macth: {image: go}}", "unknown-field"),
        ("{match: {}}", "empty-match"),
        ("{match: {image: []}}", "empty-match"),
        ("{match: [x]}", "wrong-type"),
        ("[[all]]", "wrong-type"),
        ("null", "wrong-type"),
    ],
)
def test_rules_that_cannot_be_read(rules: str, code: str) -> None:
    found = errors(IMAGES, f"selections:\n  s: {rules}")
    assert [p.code for p in found] == [code]
    assert str(found[0].location).startswith("bakegen.yaml:2:")


@pytest.mark.parametrize("name", ["default", "stages", "a.b", "a b", "ü"])
def test_names_that_a_selection_cannot_have(name: str) -> None:
    assert [p.code for p in errors(IMAGES, f"selections: {{'{name}': all}}")] == ["selection-name"]


@pytest.mark.parametrize(
    ("rules", "code", "help"),
    [
        ("newest 1 of versoin", "unknown-axis", "did you mean 'version'?"),
        ("{match: {vers: x}}", "unknown-axis", "did you mean 'version'?"),
        ("rust-0-3", "unknown-variant", "did you mean 'rust-0-2'?"),
    ],
)
def test_names_that_are_not_there(rules: str, code: str, help: str) -> None:
    with pytest.raises(InputError) as failure:
        chosen(rules)
    (problem,) = failure.value.diagnostics
    assert (problem.code, problem.help) == (code, help)
    assert str(problem.location).startswith("bakegen.yaml:2:")


def test_a_selection_cannot_have_the_name_of_a_target() -> None:
    definition = project(IMAGES, "selections: {web: all}")
    with pytest.raises(InputError) as failure:
        select(definition, expand(definition))
    (problem,) = failure.value.diagnostics
    assert problem.code == "selection-name"
    assert str(problem.labels[0].location) == "images/web/image.yaml:1:1"


@pytest.mark.parametrize("rules", ["{match: {image: nope}}", "x*", "{match: {version: '9*'}}"])
def test_a_rule_that_chooses_nothing_is_a_warning(rules: str) -> None:
    warnings: list[Diagnostic] = []
    assert chosen(rules, warnings=warnings) == []
    assert {w.code for w in warnings} == {"empty-selection"}
    assert all(str(w.location).startswith("bakegen.yaml:2:") for w in warnings)


def test_choosing_nothing_on_purpose_is_fine() -> None:
    warnings: list[Diagnostic] = []
    assert chosen("none", warnings=warnings) == []
    assert warnings == []
