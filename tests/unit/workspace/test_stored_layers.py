"""What is read of images in a registry: layers with their instructions, platforms, attestations."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from bakegen.workspace.stored_layers import Found, made_by, read_images, without_values
from tests.unit.workspace.fake_images import INDEX, Store
from tests.unit.workspace.fake_registry import Reply, serving

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

NO_LOGIN = {"DOCKER_CONFIG": "/nonexistent"}
HISTORY = [
    {"created_by": "ADD rootfs.tar /"},
    {"created_by": "ENV A=b", "empty_layer": True},
    {"created_by": "RUN |1 TOKEN=a b /bin/sh -c make # buildkit"},
]


def add_image(store: Store, architecture: str, *layers: bytes, history: object = HISTORY) -> dict[str, object]:
    config = {"os": "linux", "architecture": architecture, "history": history}
    blobs = [store.add_blob(one) for one in layers]
    config_blob = store.add_blob(json.dumps(config).encode())
    return store.add_document({"schemaVersion": 2, "config": config_blob, "layers": blobs})


def read(store: Store, *references: str) -> Found | str:
    with serving(store.answer) as registry:
        (found,) = read_images([[f"{registry.host}/{one}" for one in references]], NO_LOGIN)
    return found


def size_of(descriptors: Sequence[Mapping[str, object]]) -> int:
    return sum(int(str(one["size"])) for one in descriptors)


def test_layers_have_their_instructions_and_no_values() -> None:
    store = Store()
    store.tag("team/app:1", add_image(store, "amd64", b"base", b"made"))
    found = read(store, "team/app:key-0", "team/app:1")
    assert isinstance(found, Found)
    assert found.reference.endswith("/team/app:1")
    (image,) = found.images
    assert image.platform == "linux/amd64"
    assert [(one.size, one.made_by) for one in image.layers] == [(4, "ADD rootfs.tar /"), (4, "RUN /bin/sh -c make")]
    assert len(image.others) == 2  # manifest and config


def test_platforms_of_an_index_and_what_is_attested() -> None:
    store = Store()
    amd, arm = add_image(store, "amd64", b"a", b"b"), add_image(store, "arm64", b"c", b"d")
    statement = store.add_document({"config": store.add_blob(b"{}"), "layers": [store.add_blob(b'{"in-toto": 1}')]})
    notes = {"vnd.docker.reference.type": "attestation-manifest", "vnd.docker.reference.digest": amd["digest"]}
    unknown = {"os": "unknown", "architecture": "unknown"}
    gone = {**amd, "digest": "sha256:" + "0" * 64, "platform": {"os": "linux", "architecture": "s390x"}}
    entries: list[object] = [
        {**amd, "platform": {"os": "linux", "architecture": "amd64"}},
        {**arm, "platform": {"os": "linux", "architecture": "arm64", "variant": "v8"}},
        {**statement, "platform": unknown, "annotations": notes},
        gone,
    ]
    index = store.add_document({"schemaVersion": 2, "manifests": entries}, INDEX)
    store.tag("team/app:1", index)
    found = read(store, "team/app:1")
    assert isinstance(found, Found)
    assert [one.platform for one in found.images] == ["linux/amd64", "linux/arm64"]
    first, second = found.images
    assert sum(first.others.values()) > size_of([index, amd, statement])
    assert statement["digest"] in first.others
    assert statement["digest"] not in second.others


def test_what_is_not_there_or_broken_is_told() -> None:
    store = Store()
    config = store.add_blob(b"{}")
    store.tag("team/app:odd", store.add_document({"config": config, "layers": [{"digest": "sha256:1", "size": 1}]}))
    store.tag("team/app:none", store.add_document({"layers": []}))
    missing = read(store, "team/app:a", "team/app:b")
    assert isinstance(missing, str)
    assert missing.startswith("there is no 127.0.0.1:")
    assert missing.endswith("/team/app:b")
    assert "digest that cannot be checked" in str(read(store, "team/app:odd"))
    assert "that of no image" in str(read(store, "team/app:none"))
    assert read(store) == "it has no repository"
    with serving(lambda request: Reply(500)) as registry:
        (found,) = read_images([[f"{registry.host}/team/app:1"]], NO_LOGIN)
    assert "500" in str(found)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("RUN |2 A=1 B=x y /bin/sh -c echo $A # buildkit", "RUN /bin/sh -c echo $A"),
        ("RUN |1 A=secret /bin/bash -o pipefail -c make # buildkit", "RUN /bin/bash -o pipefail -c make"),
        ("RUN |1 A=secret make all # buildkit", "RUN"),
        ("|1 A=secret /bin/sh -c make", "RUN /bin/sh -c make"),
        ("RUN |1 A=/bin/sh -c secret /bin/sh -c make # buildkit", "RUN /bin/sh -c make"),
        ("RUN |1 A=two\nlines /bin/sh -c make # buildkit", "RUN /bin/sh -c make"),
        ("RUN /bin/sh -c echo 1 # buildkit", "RUN /bin/sh -c echo 1"),
        ("COPY x / # buildkit", "COPY x /"),
    ],
)
def test_values_of_arguments_are_left_out(text: str, shown: str) -> None:
    assert without_values(text) == shown


def test_a_history_with_another_number_of_layers_tells_nothing() -> None:
    assert made_by(HISTORY, 2) == ["ADD rootfs.tar /", "RUN /bin/sh -c make"]
    assert made_by(HISTORY, 3) == ["", "", ""]
    assert made_by(None, 1) == [""]
    assert made_by([], 0) == []
