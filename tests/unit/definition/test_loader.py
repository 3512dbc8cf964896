"""Whole projects: what is found, what is wrong, all of it at once."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bakegen.definition.fields import IMAGE_FIELDS, SETTINGS
from bakegen.definition.loader import load_project
from bakegen.definition.origin import Layer
from bakegen.definition.project import Settings
from bakegen.definition.values import Leaf
from bakegen.diagnostics import Severity, render_text
from bakegen.errors import InputError
from tests.unit.definition.projects import MemoryFiles, errors, project


def codes(**given: object) -> list[str]:
    return [problem.code for problem in errors(**given)]  # type: ignore[arg-type]


def test_an_empty_project_file_is_enough() -> None:
    found = project({"go": ""})
    assert [image.name for image in found.images] == ["go"]
    assert found.settings.registry.value is None
    assert found.settings.default_branch.value == "master"
    assert found.settings.max_targets.value == 2000
    assert found.warnings == ()


def test_every_setting_has_its_attribute() -> None:
    names = {name.replace("-", "_") for name in SETTINGS} - {"selections", "defaults"}
    assert names == set(Settings.__dataclass_fields__)


def test_no_project_says_what_to_do() -> None:
    with pytest.raises(InputError) as problem:
        load_project(MemoryFiles({}), {})
    assert problem.value.diagnostics[0].code == "no-project"
    assert "an empty bakegen.yaml" in str(problem.value)


def test_images_are_found_by_globs_and_sorted() -> None:
    files = {f"{folder}/image.yaml": "" for folder in ("tools/z", "images/b", "images/a", "images/.hidden", "x/y/zz")}
    found = project(settings='images: ["images/*", "tools/z", "x/*/zz", "images/a"]', files=files)
    assert [image.directory for image in found.images] == ["images/a", "images/b", "tools/z", "x/y/zz"]


def test_a_folder_that_was_named_has_to_be_an_image() -> None:
    (problem,) = errors({"go": ""}, "images: [images/go, tools/x]")
    assert (problem.code, str(problem.location)) == ("no-image", "bakegen.yaml:1:10")
    assert "tools/x/image.yaml" in problem.message


def test_globs_without_an_image_are_a_warning() -> None:
    found = project(settings="images: [tools/*]", files={"tools/a/image.yml": ""})
    assert [(w.severity, w.code, w.help) for w in found.warnings] == [
        (Severity.WARNING, "no-images", "rename tools/a/image.yml to image.yaml")
    ]


def test_two_images_of_one_name_are_an_error_naming_both() -> None:
    files = {"a/go/image.yaml": "", "b/go/image.yaml": ""}
    (problem,) = errors(settings="images: [a/*, b/*]", files=files)
    assert problem.code == "duplicate-image"
    assert (str(problem.location), str(problem.labels[0].location)) == ("b/go/image.yaml:1:1", "a/go/image.yaml:1:1")


@pytest.mark.parametrize("name", ["-x", "a b", "ü", ".x", "a$(b)"])
def test_image_names_are_checked(name: str) -> None:
    assert codes(settings=f"images: ['{name}']", files={f"{name}/image.yaml": ""}) == ["image-name"]


def test_problems_of_all_files_come_together() -> None:
    found = errors(
        {"a": "argz: {}\nplatforms: linux/amd64", "b": "pull: perhaps\npull: yes"},
        "registri: x\nmax-targets: many",
        {"BAKEGEN_PUSH": "always"},
        ["a.lables.x=y"],
    )
    assert [(p.code, str(p.location)) for p in found] == [
        ("unknown-field", "--set:1:3"),
        ("unknown-field", "bakegen.yaml:1:1"),
        ("wrong-type", "bakegen.yaml:2:14"),
        ("unknown-value", "BAKEGEN_PUSH:1:1"),
        ("unknown-field", "images/a/image.yaml:1:1"),
        ("wrong-type", "images/a/image.yaml:2:12"),
        ("duplicate-key", "images/b/image.yaml:2:1"),
        ("wrong-type", "images/b/image.yaml:1:7"),
    ]
    helps = [p.help for p in found]
    assert helps[0] == "did you mean 'labels'?"
    assert helps[1] == "did you mean 'registry'?"
    assert helps[4] == "did you mean 'args'?"
    assert helps[5] == "write [linux/amd64]"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("[]", "wrong-type"),
        ("just text", "wrong-type"),
        ("args: [A=b]", "wrong-type"),
        ("args: {A: [b]}", "wrong-type"),
        ("args: {A: {b: c}}", "wrong-type"),
        ("args: {'': x}", "empty-key"),
        ("tags: [null]", "empty-value"),
        ("tags: [[a]]", "wrong-type"),
        ("pull: on", "wrong-type"),
        ("network: hots", "unknown-value"),
        ("call: [x]", "wrong-type"),
        ("secret: {id: x}", "wrong-type"),
        ("secret: [[x]]", "wrong-type"),
        ("secret: [{src: x}]", "entry-field"),
        ("secret: [{id: x, soruce: y}]", "entry-field"),
        ("resources: {memry: 2g}", "unknown-field"),
        ("resources: {cpu-shares: many}", "wrong-type"),
        ("cache: {backend: redis}", "unknown-value"),
        ("cache: {polcy: x}", "unknown-field"),
        ("cache: {policy: never}", "unknown-value"),
        ("vars: [a]", "wrong-type"),
        ("matrix: [a]", "wrong-type"),
        ("cache-from: [x]", "unknown-field"),
        ("inherits: [x]", "unknown-field"),
    ],
)
def test_fields_are_checked(text: str, code: str) -> None:
    assert codes(images={"a": text}) == [code]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("registry: https://r.example.com", "bad-registry"),
        ("registry: user:pass@r.example.com/x", "bad-registry"),
        ("registry: r.example.com/Team", "bad-registry"),
        ("registry: '{{ x }}'", "not-a-template"),
        ("min-buildx: new", "bad-version"),
        ("max-targets: 0", "wrong-type"),
        ("ancestors: -1", "wrong-type"),
        ("ancestors: 51", "wrong-type"),
        ("push: sometimes", "unknown-value"),
        ("templates: ../templates", "outside-project"),
        ("rendered: /tmp", "outside-project"),
        ("images: ['../*']", "outside-project"),
        ("images: [a/../../b]", "outside-project"),
        ("defaults: [x]", "wrong-type"),
        ("defaults: {matrix: {}}", "unknown-field"),
        ("defaults: {selections: {}}", "unknown-field"),
    ],
)
def test_settings_are_checked(text: str, code: str) -> None:
    found = codes(images={"a": ""}, settings=text)
    assert code in found


def test_secrets_in_a_registry_are_not_repeated() -> None:
    (problem,) = errors({"a": ""}, environ={"BAKEGEN_REGISTRY": "user:hunter2@r.example.com"})
    assert "hunter2" not in problem.message


@pytest.mark.parametrize("text", ["r.example.com", "localhost:5000", "r.example.com:5000/a/b-c", "[::1]:5000/x"])
def test_registries_that_are_fine(text: str) -> None:
    assert project({"a": ""}, f"registry: '{text}'").settings.registry.value == text


def test_the_folder_tells_the_dockerfile() -> None:
    found = project(files={"images/a/image.yaml": "", "images/a/Dockerfile.j2": ""})
    leaf = found.images[0].fields["dockerfile"]
    assert isinstance(leaf, Leaf) and leaf.text == "Dockerfile.j2" and leaf.origin.layer is Layer.BUILT_IN


def test_two_dockerfiles_have_to_be_told_apart() -> None:
    files = {"images/a/image.yaml": "", "images/a/Dockerfile.j2": "", "images/a/Dockerfile": ""}
    assert codes(files=files) == ["two-dockerfiles"]
    files["images/a/image.yaml"] = "dockerfile: Dockerfile"
    assert project(files=files).images[0].fields["dockerfile"]


def test_settings_from_the_environment_win_over_the_file() -> None:
    found = project({"a": ""}, "registry: r.example.com\npush: never", {"BAKEGEN_REGISTRY": "env.example.com"})
    assert found.settings.registry.value == "env.example.com"
    assert str(found.settings.registry.origin) == "environment BAKEGEN_REGISTRY"
    assert str(found.settings.push.origin) == "project bakegen.yaml:2:7"
    assert str(found.settings.rendered.origin) == "built-in"


def test_settings_from_flags_win_over_the_environment() -> None:
    found = project(
        {"a": ""}, "", {"BAKEGEN_REGISTRY": "e.example.com"}, ["registry=f.example.com", "fallbacks=a", "fallbacks=b"]
    )
    assert found.settings.registry.value == "f.example.com"
    assert str(found.settings.registry.origin) == "flag --set"
    assert found.settings.fallbacks.value == ("a", "b")


def test_every_scalar_setting_has_a_variable() -> None:
    values = {"max-targets": "7", "push": "never", "min-buildx": "0.29", "ancestors": "3"}
    environ = {spec.variable: values.get(name, "some-text") for name, spec in SETTINGS.items() if spec.variable}
    assert len(environ) == 9
    settings = project({"a": ""}, "images: [images/a]", environ).settings
    for name, spec in SETTINGS.items():
        if spec.variable:
            setting = getattr(settings, name.replace("-", "_"))
            assert str(setting.value) == values.get(name, "some-text")
            assert setting.origin.layer is Layer.ENVIRONMENT


@pytest.mark.parametrize(
    ("flag", "code"),
    [
        ("a", "set-syntax"),
        ("a.args=x", "set-syntax"),
        ("a.args.=x", "set-syntax"),
        ("a.target.x=y", "set-syntax"),
        ("a b.args.x=y", "set-syntax"),
        ("=x", "set-syntax"),
        ("a.name=x", "unknown-field"),
        ("a.matrix=x", "unknown-field"),
        ("cache=x", "unknown-field"),
        ("a.pull=on", "wrong-type"),
        ("a.cache.backend=redis", "unknown-value"),
        ("max-targets=x", "wrong-type"),
    ],
)
def test_bad_flags_are_diagnostics(flag: str, code: str) -> None:
    assert codes(images={"a": ""}, flags=[flag]) == [code]


def test_lines_of_the_variable_have_places() -> None:
    environ = {"BAKEGEN_SET": "# comment\n\n  a.args.X=1\na.nope=2\n"}
    (problem,) = errors({"a": ""}, environ=environ)
    assert str(problem.location) == "BAKEGEN_SET:4:3"


def test_crlf_and_a_byte_order_mark_are_fine() -> None:
    found = project({"a": b"\xef\xbb\xbfargs:\r\n  A: b\r\n"})
    args = found.images[0].fields["args"]
    assert isinstance(args, dict) and args["A"].text == "b"


def test_bytes_that_are_not_utf_8_are_a_diagnostic() -> None:
    assert codes(images={"a": b"args: {A: \xff}"}) == ["not-utf-8"]
    assert codes(images={"a": "args: {}".encode("utf-16")}) == ["not-utf-8"]


FIELDS = st.sampled_from([*IMAGE_FIELDS, *SETTINGS, "nope", "axes", "match"])
YAML_VALUES = st.recursive(
    st.sampled_from(["x", "true", "3", "null", "'{{ x }}'", "all", "newest 2 of v", "''", "'a=b,c=d'"]),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda items: "[" + ", ".join(items) + "]"),
        st.dictionaries(FIELDS, inner, max_size=3).map(
            lambda items: "{" + ", ".join(f"{key}: {value}" for key, value in items.items()) + "}"
        ),
    ),
    max_leaves=8,
)


@given(st.dictionaries(FIELDS, YAML_VALUES, max_size=4), st.dictionaries(FIELDS, YAML_VALUES, max_size=4))
def test_any_structure_loads_or_is_explained(settings: dict[str, str], image: dict[str, str]) -> None:
    texts = ["\n".join(f"{key}: {value}" for key, value in one.items()) for one in (settings, image)]
    try:
        project({"a": texts[1]}, texts[0])
    except InputError as problem:
        assert all(render_text(one) for one in problem.diagnostics)
        assert any(one.severity is Severity.ERROR for one in problem.diagnostics)


@given(st.lists(st.text(max_size=20), max_size=3), st.text(max_size=40))
def test_any_flag_and_variable_is_read_or_explained(flags: list[str], variable: str) -> None:
    try:
        project({"a": ""}, "", {"BAKEGEN_SET": variable, "BAKEGEN_REGISTRY": variable}, flags)
    except InputError as problem:
        assert all(render_text(one) for one in problem.diagnostics)
