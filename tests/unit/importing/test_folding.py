"""Targets of families become images, and the variants of these images are the targets again, whatever they are."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from bakegen.bake.compose import main_file
from bakegen.bake.meaning import meaning
from bakegen.importing.bakefiles_values import printed_values
from bakegen.importing.comparing import compare
from bakegen.importing.folding_inference import common_name, with_families
from bakegen.importing.folding_project import Choices, fold_all
from bakegen.importing.folding_templates import Variable, literal, mark, template
from bakegen.importing.model import Found, Wanted
from bakegen.importing.writing import texts
from bakegen.templating.text import render_text
from bakegen.workspace.importing_files import LaidOver
from bakegen.workspace.project import open_files

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from bakegen.bake.meaning import Json

_words = st.text("abz019.-_{}%# $", max_size=8)
_values = st.lists(st.text("abcxyz0123456789.", min_size=1, max_size=6), min_size=1, max_size=4, unique=True)


def expanded(found: Found, folder: Path) -> tuple[int, list[str]]:
    """How many images the targets become, and what differs between them and the variants of these."""
    (folder / "Dockerfile").write_text("FROM scratch\n")
    definitions = fold_all(found, Choices())
    written = texts(definitions)
    workspace = open_files(LaidOver(folder, (), written), {})
    file = main_file(workspace.plan, "master", ())
    told = meaning(file, [target.name for target in file.targets])["target"]
    assert isinstance(told, dict)
    printed: dict[str, Json] = {name: printed_values(one) for name, one in told.items()}
    assert set(printed) == {target.name for target in found.targets}
    origins = {name: target.recipe.origin for name, target in workspace.plan.targets.items() if target.recipe.files}
    outcome = compare(found.targets, {}, {"target": printed, "group": {}}, origins)
    return len(definitions.images), [f"{one.name} {one.what}: {one.before} -> {one.now}" for one in outcome.differences]


def family(versions: list[str], systems: list[str], left_out: set[int], extras: list[str]) -> Found:
    """Targets of a matrix with two axes, without some, and with arguments that follow no rule."""
    targets = []
    for at, (version, system) in enumerate((v, s) for v in versions for s in systems):
        if at in left_out:
            continue
        args: dict[str, Json] = {"VERSION": version, "BASE": f"debian:{system}"}
        if at < len(extras):
            args["EXTRA"] = extras[at]
        attributes: dict[str, Json] = {
            "context": ".",
            "dockerfile": "Dockerfile",
            "args": args,
            "tags": [f"r.example/x/app:{at}-{version}-{system}", *(["r.example/x/app:latest"] if at == 0 else [])],
            "labels": {"of": f"{version} on {system}"},
        }
        axes = {"version": version, "os": system}
        targets.append(Wanted(f"app-{at}", attributes, family="app", axes=axes))
    return Found(tuple(targets))


@given(_values, _values, st.sets(st.integers(0, 15), max_size=3), st.lists(_words, max_size=5))
def test_folding_and_expanding_gives_the_targets_again(
    tmp_path_factory: pytest.TempPathFactory,
    versions: list[str],
    systems: list[str],
    left_out: set[int],
    extras: list[str],
) -> None:
    found = family(versions, systems, left_out, extras)
    if found.targets:
        assert expanded(found, tmp_path_factory.mktemp("folding"))[1] == []


def regular(versions: list[str]) -> Found:
    """Targets that follow their version in everything."""
    return Found(
        tuple(
            Wanted(
                f"go-{version.replace('.', '-')}",
                {
                    "context": ".",
                    "dockerfile": "Dockerfile",
                    "args": {"GO": version},
                    "tags": [f"r.example/x/go:{version}"],
                },
                family="go",
                axes={"version": version},
            )
            for version in versions
        )
    )


def test_a_regular_family_is_one_image(tmp_path: Path) -> None:
    assert expanded(regular(["1.21", "1.22", "1.23"]), tmp_path) == (1, [])


def aliases(last: list[str]) -> Found:
    """Versions of which the newest has more tags than the others."""
    targets = []
    for version in ("3.12", "3.13", "3.14"):
        names = [version, *(last if version == "3.14" else [])]
        tags: list[Json] = [f"{where}/x/py:{name}" for where in ("r.example", "ghcr.io") for name in names]
        attributes: dict[str, Json] = {"context": ".", "dockerfile": "Dockerfile", "tags": tags, "args": {"V": version}}
        name = f"py-{version.replace('.', '-')}"
        targets.append(Wanted(name, attributes, family="py", axes={"version": version}))
    return Found(tuple(targets))


def test_more_tags_of_the_newest_version_are_one_override(tmp_path: Path) -> None:
    found = aliases(["3", "latest"])
    (image,) = fold_all(found, Choices(registry="r.example/x")).images
    assert image.fields["tags"] == ["{{ repository }}:{{ version }}", "ghcr.io/x/py:{{ version }}"]
    (override,) = image.overrides
    assert override.match == {"version": "3.14"}
    assert override.set == {
        "tags": [
            "{{ repository }}:{{ version }}",
            "{{ repository }}:3",
            "{{ repository }}:latest",
            "ghcr.io/x/py:{{ version }}",
            "ghcr.io/x/py:3",
            "ghcr.io/x/py:latest",
        ]
    }
    assert expanded(found, tmp_path) == (1, [])


def test_what_all_variants_of_one_value_have_is_one_override(tmp_path: Path) -> None:
    targets = []
    for version in ("1", "2", "3"):
        for system in ("debian", "alpine"):
            tags: list[Json] = [f"r.example/x/py:{version}-{system}"]
            tags += [f"r.example/x/py:{system}"] if version == "3" else []
            attributes: dict[str, Json] = {"context": ".", "dockerfile": "Dockerfile", "tags": tags}
            axes = {"version": version, "os": system}
            targets.append(Wanted(f"py-{version}-{system}", attributes, family="py", axes=axes))
    (image,) = fold_all(Found(tuple(targets)), Choices()).images
    (override,) = image.overrides
    assert override.match == {"version": "3"}
    assert override.set == {"tags": ["{{ repository }}:3-{{ os }}", "{{ repository }}:{{ os }}"]}
    assert expanded(Found(tuple(targets)), tmp_path) == (1, [])


def test_groups_that_are_a_value_of_an_axis_are_rules() -> None:
    found = family(["1", "2"], ["debian", "alpine"], set(), [])
    plain: dict[str, Json] = {"context": ".", "dockerfile": "Dockerfile"}
    targets = (replace(one, name=f"app-{'-'.join(one.axes.values())}", attributes=plain) for one in found.targets)
    found = Found(tuple(targets))
    groups = {
        "alpine": ("app-1-alpine", "app-2-alpine"),
        "first": ("app-1-debian", "app-1-alpine"),
        "one": ("app-2-alpine",),
        "odd": ("app-1-debian", "app-2-alpine"),
        "all-of-it": ("app-1-debian", "app-1-alpine", "app-2-debian", "app-2-alpine"),
    }
    definitions = fold_all(Found(found.targets, groups), Choices())
    assert definitions.settings["selections"] == {
        "alpine": {"match": {"image": "app", "os": "alpine"}},
        "first": {"match": {"image": "app", "version": "1"}},
        "one": "app-2-alpine",
        "odd": ["app-1-debian", "app-2-alpine"],
        "all-of-it": "all",
    }


def test_a_family_of_nothing_alike_is_an_image_each(tmp_path: Path) -> None:
    own: dict[str, dict[str, Json]] = {
        "one": {"target": "s", "args": {"A": "1"}},
        "two": {"platforms": ["linux/amd64"], "labels": {"b": "2"}},
        "three": {"args": {"C": "3"}, "pull": True},
    }
    common: dict[str, Json] = {"context": ".", "dockerfile": "Dockerfile"}
    targets = tuple(Wanted(name, {**common, **more}, family="x", axes={"a": name}) for name, more in own.items())
    (tmp_path / "Dockerfile").write_text("FROM scratch AS s\n")
    definitions = fold_all(Found(targets), Choices())
    assert [image.name for image in definitions.images] == ["one", "two", "three"]


@given(st.lists(st.tuples(_words, _words), min_size=1, max_size=5), st.lists(st.sampled_from(["a", "b", "x-"])))
def test_a_template_gives_each_of_its_texts(rows: list[tuple[str, str]], shape: list[str]) -> None:
    lines = ["".join({"a": a, "b": b}.get(part, part) for part in shape) for a, b in rows]
    variables = [Variable("a", tuple(a for a, _ in rows)), Variable("b", tuple(b for _, b in rows))]
    made = template(lines, variables)
    if made is None:
        return
    for line, (a, b) in zip(lines, rows, strict=True):
        assert render_text(made, {"a": a, "b": b}) == line


def test_what_looks_like_a_template_stays_text() -> None:
    for text in ("{{ x }}", "{% raw %}", "{# c #}", "a {{{ b", "}}"):
        assert render_text(literal(text), {}) == text
    assert literal(f"v{mark('vars.TAG')}") == "v{{ vars.TAG }}"
    # A mark is one thing: no axis is found in it.
    lines = [mark("vars.A1"), mark("vars.A2")]
    assert template(lines, [Variable("n", ("1", "2"))]) is None


def test_targets_that_differ_in_arguments_are_a_family() -> None:
    found = with_families([*regular(["1.21", "1.22"]).targets], ())
    assert {one.family for one in found} == {"go"}
    alone = [Wanted(f"go-{one}", {"args": {"GO": one}, "context": "."}) for one in ("1.21", "1.22")]
    assert [one.axes for one in with_families(alone, ())] == [{"go": "1.21"}, {"go": "1.22"}]
    other = [Wanted(f"{one}-app", {"args": {"GO": one}, "context": "."}) for one in ("1.21", "1.22")]
    assert {one.family for one in with_families(other, ())} == {""}
    assert common_name(["python-3-11", "python-3-12"]) == "python"
