"""The table of attributes and the readers of entries."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bakegen.definition.attributes import ATTRIBUTES, Kind, Merge, parse_version
from bakegen.definition.csvfields import join_fields, split_fields
from bakegen.definition.entries import holds_credentials, parse_entry


def test_every_attribute_of_bake_is_in_the_table() -> None:
    names = (
        "inherits matrix name description context dockerfile dockerfile-inline target args contexts platforms "
        "tags labels annotations cache-from cache-to output attest secret ssh pull no-cache no-cache-filter "
        "network entitlements extra-hosts shm-size ulimits resources call policy"
    )
    assert set(ATTRIBUTES) == set(names.split())


@pytest.mark.parametrize("name", list(ATTRIBUTES))
def test_a_row_of_the_table_is_whole(name: str) -> None:
    attribute = ATTRIBUTES[name]
    assert attribute.name == name
    assert parse_version(attribute.since) >= (0, 2)
    assert attribute.description.endswith(".")
    assert bool(attribute.entry_fields) == (attribute.kind in (Kind.ENTRIES, Kind.OBJECT))
    names = [field.name for field in attribute.entry_fields]
    assert len(names) == len(set(names))
    assert all(re.search(r"[.`]$", field.description) for field in attribute.entry_fields)
    assert (attribute.merge is Merge.BY_FIELD) == bool(attribute.identity)
    if attribute.identity:
        assert attribute.identity in names


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("0.8", (0, 8)),
        ("v0.29.1", (0, 29, 1)),
        ("0.29.1+ds1", (0, 29, 1)),
        ("0.36.0-rc2", (0, 36, 0)),
        ("v0.29.1-desktop.1", (0, 29, 1)),
    ],
)
def test_versions(text: str, version: tuple[int, ...]) -> None:
    assert parse_version(text) == version


@pytest.mark.parametrize("text", ["", "latest", "0.x", "0..1", "9" * 50, "1.2.3 4"])
def test_what_is_no_version(text: str) -> None:
    with pytest.raises(ValueError, match="not a version"):
        parse_version(text)


def test_0_9_is_older_than_0_20() -> None:
    assert parse_version("0.9") < parse_version("0.20") <= parse_version("0.20.0")


@given(st.lists(st.text(), min_size=1))
def test_csv_gives_back_every_field(fields: list[str]) -> None:
    line = join_fields(fields)
    assert list(split_fields(line)) == fields


@pytest.mark.parametrize("line", ['a"b', '"a', '"a"b', 'x,"a" ,y'])
def test_bad_quotes_in_csv(line: str) -> None:
    with pytest.raises(ValueError, match="quot"):
        split_fields(line)


@pytest.mark.parametrize(
    ("attribute", "value", "entry"),
    [
        ("output", "type=image,push=1", {"type": "image", "push": "true"}),
        ("output", "out", {"type": "local", "dest": "out"}),
        ("output", "-", {"type": "tar", "dest": "-"}),
        (
            "output",
            {"type": "image", "push": True, "annotation.a": "b"},
            {"type": "image", "push": "true", "annotation.a": "b"},
        ),
        ("secret", "id=x,source=f", {"id": "x", "src": "f"}),
        ("secret", "type=env,id=x,src=VAR", {"id": "x", "env": "VAR"}),
        ("secret", {"type": "env", "id": "TOKEN"}, {"id": "TOKEN", "env": "TOKEN"}),
        ("secret", {"type": "file", "id": "a", "src": "b"}, {"id": "a", "src": "b"}),
        ("ssh", "default", {"id": "default"}),
        ("ssh", "k=a,b", {"id": "k", "paths": ("a", "b")}),
        ("ssh", {"paths": "a", "id": "k"}, {"id": "k", "paths": ("a",)}),
        ("attest", "type=sbom,generator=x,disabled=F", {"type": "sbom", "disabled": "false", "generator": "x"}),
        ("policy", {"filename": "a.rego", "strict": True}, {"filename": "a.rego", "strict": "true"}),
    ],
)
def test_entries(attribute: str, value: str | dict[str, object], entry: dict[str, object]) -> None:
    found, problems = parse_entry(ATTRIBUTES[attribute], value)
    assert problems == ()
    assert found == entry
    assert list(found or ()) == list(entry)


@pytest.mark.parametrize(
    ("attribute", "value", "code", "words"),
    [
        ("output", {"push": "true"}, "entry-field", "needs 'type'"),
        ("output", "type=imagee", "entry-value", "did you mean 'image'"),
        ("output", "type=image,pusch=true", "entry-field", "did you mean 'push'"),
        ("output", "type=image,push=maybe", "entry-value", "true or false"),
        ("output", "type=image,type=local", "output-csv", "twice"),
        ("output", "type=image,a", "output-csv", "key=value"),
        ("output", 'type=image,name="a', "output-csv", "quote"),
        ("output", {"type": "image", "name": ""}, "entry-value", "empty"),
        ("secret", {"src": "a"}, "entry-field", "needs 'id'"),
        ("policy", {"filename": "u:p@h/x"}, "secret-in-file", "user name and password"),
    ],
)
def test_bad_entries(attribute: str, value: str | dict[str, object], code: str, words: str) -> None:
    found, problems = parse_entry(ATTRIBUTES[attribute], value)
    assert found is None
    assert [p.code for p in problems] == [code]
    assert words in f"{problems[0].message} {problems[0].help}"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("https://u:p@host/x", True),
        ("u:p@host:5000/x", True),
        ("host:5000/x:tag", False),
        ("x:tag@sha256:" + "0" * 64, False),
        ("host:5000/x:tag@sha256:" + "0" * 64, False),
        ("git@github.com:a/b", False),
    ],
)
def test_credentials_are_seen(text: str, found: bool) -> None:
    assert holds_credentials(text) is found
