"""The generated files are current, and the schemas agree with the loader about real definitions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from bakegen.definition.fields import IMAGE_FIELDS, SETTINGS, FieldSpec, SettingSpec
from bakegen.definition.reference import reference_text
from bakegen.definition.schema import SCHEMAS, schema_text
from tests.unit.definition.projects import project

PACKAGE = Path(__file__).parents[3] / "bakegen"
ROOT = PACKAGE.parent


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_committed_schema_is_current(name: str) -> None:
    assert (PACKAGE / "schema" / name).read_text(encoding="utf-8") == schema_text(name)


def test_the_committed_reference_is_current() -> None:
    assert (PACKAGE / "docs/reference/fields.md").read_text(encoding="utf-8") == reference_text()


def validator(name: str) -> Any:
    schema = json.loads(schema_text(name))
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


IMAGE = validator("image.schema.json")
PROJECT = validator("bakegen.schema.json")


def valid(check: Any, text: str) -> bool:
    return bool(check.is_valid(yaml.safe_load(text)))


@pytest.mark.parametrize("path", sorted(ROOT.glob("images/**/image.yaml")), ids=lambda path: path.parent.name)
def test_our_own_images_fit_the_schema(path: Path) -> None:
    assert [error.message for error in IMAGE.iter_errors(yaml.safe_load(path.read_text(encoding="utf-8")))] == []


@pytest.mark.parametrize("path", sorted(ROOT.glob("images/bakegen.yaml")), ids=lambda path: path.parent.name)
def test_our_own_project_fits_the_schema(path: Path) -> None:
    assert [error.message for error in PROJECT.iter_errors(yaml.safe_load(path.read_text(encoding="utf-8")))] == []


@pytest.mark.parametrize("spec", IMAGE_FIELDS.values(), ids=lambda spec: spec.name)
def test_the_example_of_each_field_loads_and_fits(spec: FieldSpec) -> None:
    assert spec.example
    text = f"{spec.name}: {spec.example}\n"
    assert valid(IMAGE, text)
    settings = ""
    if spec.name == "selections":
        text += "matrix: {axes: {version: [a]}}"
    project({"a": text}, settings)
    if spec.whole_project:
        in_defaults = f"defaults:\n  {spec.name}: {spec.example}\n"
        assert valid(PROJECT, in_defaults)
        project({"a": ""}, in_defaults)


@pytest.mark.parametrize("spec", SETTINGS.values(), ids=lambda spec: spec.name)
def test_the_example_of_each_setting_loads_and_fits(spec: SettingSpec) -> None:
    text = f"{spec.name}: {spec.example}\n"
    assert valid(PROJECT, text)
    project({"a": ""}, text, files={"tools/builder/image.yaml": ""})


@pytest.mark.parametrize(
    "text",
    [
        "argz: {}",
        "platforms: linux/amd64",
        "args: [a]",
        "args: {a: [b]}",
        "pull: perhaps",
        "network: hots",
        "matrix: {axis: {}}",
        "matrix: {axes: {v: []}}",
        "matrix: {overrides: [{match: {v: x}}]}",
        "matrix: {overrides: [{match: {v: x}, set: {nope: 1}}]}",
        "matrix: {overrides: [{match: {v: x}, set: {matrix: {}}}]}",
        "matrix: {exclude: [{}]}",
        "cache: {backend: redis}",
        "secret: [{src: x}]",
        "resources: {cpu-shares: many}",
    ],
)
def test_what_the_loader_refuses_the_schema_refuses(text: str) -> None:
    assert not valid(IMAGE, text)
    with pytest.raises(Exception, match=r"error: "):
        project({"a": text})


@pytest.mark.parametrize(
    "text",
    [
        "",
        "args: {A: 1.22, B: on, C: null}",
        "args: null",
        "pull: \"{{ version == '1' }}\"",
        "secret: ['id=a,src=b', {id: x, env: Y}]",
        "ssh: [{id: default, paths: [a, b]}]",
        "attest: [{type: sbom, anything: x}]",
        "selections: {a: [all, {match: {image: x}, newest: 2 of version}]}",
        "matrix: {axes: {v: [1.22, {name: x, base: 3}]}, include: [{v: 1}], exclude: [{v: [1, 2]}]}",
        "vars: {a: [1, {b: c}], d: {e: null}}",
        "cache: {backend: s3, bucket: b, region: r}",
    ],
)
def test_what_the_loader_takes_the_schema_takes(text: str) -> None:
    assert valid(IMAGE, text)
    project({"a": text})
