"""Compose files: golden cases (also read by buildx in tests/engine), variables, numbers, hostile input."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bakegen.importing.compose import read_compose
from bakegen.importing.compose_values import plain_text, size_text
from bakegen.importing.compose_variables import BadVariable, Interpolation, read_variables
from bakegen.importing.model import Found
from tests.golden_files import Golden
from tests.unit.importing.trees import Tree, as_json

CASES = Path(__file__).parent / "compose"


@pytest.mark.parametrize("case", sorted(folder.name for folder in CASES.iterdir()))
def test_a_project_is_read_like_this(case: str, request: pytest.FixtureRequest) -> None:
    found = read_compose(Tree.of(CASES / case / "project"))
    golden = Golden(CASES / case, bool(request.config.getoption("--update-golden")))
    golden.check("found", {"found.json": as_json(found)})


def read(text: str, **others: str) -> Found:
    files = {"compose.yaml": text, **{name.replace("_", "."): content for name, content in others.items()}}
    return read_compose(Tree({name: content.encode() for name, content in files.items()}))


def test_no_compose_file_is_nothing() -> None:
    assert (
        read_compose(Tree({"Dockerfile": b"FROM scratch", "decompose.yaml": b"services: {a: {build: .}}"})) == Found()
    )


def test_a_service_without_build_is_no_target() -> None:
    assert read("services: {db: {image: postgres}, nothing: }").targets == ()


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("1.10", "1.1"),
        ("0x1F", "31"),
        ("017", "15"),
        ("0o17", "15"),
        ("09", "9"),
        ("1_000", "1000"),
        ("-5", "-5"),
        ("1e3", "1000"),
        (".5", "0.5"),
        ("1234567.5", "1.2345675e+06"),
        ("0.00001", "1e-05"),
        ("0.0", "0"),
        ("12345678901234567890", "12345678901234567890"),
        ("TRUE", "true"),
        ("yes", "yes"),
        ("1.2.3", "1.2.3"),
        ("-", "-"),
        ("3.10-slim", "3.10-slim"),
    ],
)
def test_plain_scalars_become_the_text_that_go_prints(written: str, text: str) -> None:
    assert plain_text(written) == text


@pytest.mark.parametrize(
    ("written", "text"),
    [("64m", "64MiB"), ("1.5gb", "1.5GiB"), ("134217728", "128MiB"), ("512", "512B"), ("0", None), ("large", None)],
)
def test_sizes(written: str, text: str | None) -> None:
    assert size_text(written) == text


def test_a_variable_that_is_not_set_is_told() -> None:
    found = read("services: {a: {build: {args: {X: 'v${NOPE}'}}, image: 'i:${TAG}'}}")
    (target,) = found.targets
    assert target.attributes["args"] == {"X": "v"}
    assert [(guess.field, guess.why) for guess in target.guesses] == [
        ("args", "${NOPE} is set nowhere, so nothing stands there"),
        ("tags", "${TAG} is set nowhere, so nothing stands there"),
    ]


def test_an_example_of_variables_is_told() -> None:
    files = {"sub/compose.yaml": b"services: {a: {build: {args: {X: '${NOPE}'}}}}", "sub/.env.example": b"NOPE=1"}
    (loss,) = read_compose(Tree(files)).losses
    assert (loss.origin, loss.what) == ("sub/.env.example", "variables without values: sub/.env is not there")
    assert read_compose(Tree({**files, "sub/.env": b"NOPE=2"})).losses == ()


@pytest.mark.parametrize("text", ["${", "${}", "${A", "${A:-", "${A!b}", "${1}", "x${-}"])
def test_what_is_no_variable_is_refused(text: str) -> None:
    with pytest.raises(BadVariable):
        _ = Interpolation(text, {}).text


def test_deep_defaults_are_refused() -> None:
    with pytest.raises(BadVariable, match="stand in each other"):
        Interpolation("${A:-" * 5000 + "}" * 5000, {})


def test_extending_in_a_circle_ends() -> None:
    found = read("services: {a: {extends: b, build: .}, b: {extends: a}}")
    assert {target.name for target in found.targets} == {"a", "b"}


def test_including_in_a_circle_ends() -> None:
    found = read("include: [other.yaml]\nservices: {a: {build: .}}", other_yaml="include: [compose.yaml]")
    assert [target.name for target in found.targets] == ["a"]
    assert any("not included again" in loss.what for loss in found.losses)


def test_an_extension_of_ever_more_values_ends() -> None:
    args = ", ".join(f"A{n}: x" for n in range(2000))
    chain = "".join(f"  s{n}: {{extends: s{n - 1}, build: {{args: {{B{n}: y}}}}}}\n" for n in range(1, 400))
    found = read(f"services:\n  s0: {{build: {{args: {{{args}}}}}}}\n{chain}")
    assert any("more values than" in loss.what or "is not followed" in loss.what for loss in found.losses)


KEYS = [
    "services",
    "a",
    "build",
    "context",
    "args",
    "secrets",
    "extends",
    "file",
    "include",
    "path",
    "ssh",
    "x-bake",
    "tags",
    "env_file",
    "image",
    "ulimits",
    "soft",
    "extra_hosts",
    "additional_contexts",
    "labels",
    "environment",
]
HOSTILE = st.recursive(
    st.sampled_from(
        ["null", "1.10", "''", "'${X}'", "'${X:-'", "service:a", "!reset null", "*a", "&a {}", "'a=b'", "."]
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]"),
        st.dictionaries(
            st.sampled_from(KEYS),
            inner,
            max_size=4,
        ).map(lambda entries: "{" + ", ".join(f"{key}: {value}" for key, value in entries.items()) + "}"),
    ),
    max_leaves=25,
)


@given(HOSTILE, HOSTILE)
def test_whatever_is_written_is_read_or_lost(service: str, build: str) -> None:
    for text in (service, f"services: {{a: {service}}}", f"services: {{a: {{build: {build}}}, b: {service}}}"):
        for loss in read(text).losses:
            assert loss.origin and loss.what and loss.instead


@given(st.binary(max_size=60), st.text(max_size=60))
def test_whatever_bytes_there_are_is_read_or_lost(data: bytes, variables: str) -> None:
    found = read_compose(Tree({"compose.yaml": data, ".env": variables.encode(errors="replace")}))
    assert found.targets == () or b"build" in data
    assert isinstance(read_variables(variables, {}), dict)


def test_services_of_several_folders_have_its_name_before_theirs() -> None:
    web = b"services: {web: {build: .}, link: {build: {context: l, additional_contexts: {web: 'service:web'}}}}"
    found = read_compose(Tree({"shop/compose.yaml": web, "blog/compose.yaml": web, "vendor/x/compose.yaml": web}))
    assert [target.name for target in found.targets] == ["blog-web", "blog-link", "shop-web", "shop-link"]
    assert found.targets[3].attributes["contexts"] == {"web": "target:shop-web"}
