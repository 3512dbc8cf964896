"""A bakegen definition in the Dockerfile's place."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bakegen.frontend.messages import llb_pb2 as llb
from tests.unit.frontend.fake_bridge import FakeBridge

if TYPE_CHECKING:
    from collections.abc import Callable

    Building = Callable[..., FakeBridge]

IMAGE = """# syntax=bakegen
args: {VERSION: "{{ version }}"}
labels: {what: "{{ version }}"}
context: ..
target: last
matrix:
  axes:
    version: ["1.2", "1.10"]
"""
DOCKERFILE = """FROM busybox AS last
RUN echo {{ version }}
{% include "part.j2" %}
"""
PROJECT = {
    "bakegen.yaml": "images: ['images/*']\ntemplates: parts\n",
    "images/app/image.yaml": IMAGE,
    "images/app/Dockerfile.j2": DOCKERFILE,
    "images/other/image.yaml": "no: definition\n",
    "parts/part.j2": "LABEL part={{ version }}",
}


def fake(files: dict[str, str], definition: str = IMAGE) -> FakeBridge:
    """A client whose build context is `files` and whose file is a definition."""
    context = {path: text.encode() for path, text in files.items()}
    return FakeBridge({"dockerfile": {"image.yaml": definition.encode()}, "context": context})


def options(**more: str) -> dict[str, str]:
    """The options of a build whose file is the definition; `more` are build arguments."""
    return {"filename": "image.yaml", **{f"build-arg:{name}": value for name, value in more.items()}}


@pytest.mark.parametrize(
    "args", [{"BAKEGEN_VARIANT": "app-1-10"}, {"version": "1.10"}, {"VERSION": "1.10"}], ids=["name", "axis", "upper"]
)
def test_variant_is_built(build: Building, args: dict[str, str]) -> None:
    bridge = build(fake(PROJECT), options(**args))
    frontend, given, text = bridge.built[0]
    assert (frontend, text) == ("dockerfile.v0", "FROM busybox AS last\nRUN echo 1.10\nLABEL part=1.10")
    assert (given["build-arg:VERSION"], given["label:what"], given["target"]) == ("1.10", "1.10", "last")
    assert given["filename"] == "app-1-10.Dockerfile"


def test_command_line_is_stronger(build: Building) -> None:
    bridge = build(
        fake(PROJECT), options(version="1.2", VERSION="1.2", BAKEGEN_VARIANT="") | {"target": "", "label:what": "x"}
    )
    assert (bridge.built[0][1]["target"], bridge.built[0][1]["label:what"]) == ("", "x")


def test_folder_of_the_context_is_one_of_its_own(build: Building) -> None:
    bridge = build(fake(PROJECT, IMAGE), options(version="1.2"))
    made = next(one.inputs["context"] for one in bridge.named("Solve") if "context" in one.inputs)
    source, copy = (llb.Op.FromString(data) for data in made.ops[:2])
    assert source.source.attrs["local.followpaths"] == '["images"]'
    assert copy.file.actions[0].copy.src == "/images"


def test_context_that_is_the_image_folder(build: Building) -> None:
    text = "# syntax=bakegen\nlabels: {a: b}\n"
    bridge = build(fake({"image.yaml": text, "Dockerfile": "FROM busybox\n"}, text), options())
    assert (bridge.built[0][2], bridge.built[0][1]["label:a"]) == ("FROM busybox\n", "b")
    assert not any("context" in one.inputs for one in bridge.named("Solve"))


def test_what_is_asked_about_a_definition_is_asked_about_its_dockerfile(build: Building) -> None:
    bridge = build(fake(PROJECT), options(version="1.2") | {"requestid": "frontend.outline"})
    assert bridge.built[0][2] == "FROM busybox AS last\nRUN echo 1.2\nLABEL part=1.2"


def test_frontend_of_the_rendered_dockerfile_stands_behind(build: Building) -> None:
    files = {**PROJECT, "images/app/Dockerfile.j2": "# syntax=docker/dockerfile:1\nFROM busybox AS last\n"}
    bridge = build(fake(files), options(version="1.2"))
    assert (bridge.built[0][0], bridge.built[0][1]["source"]) == ("gateway.v0", "docker/dockerfile:1")


def test_rendered_dockerfile_is_rewritten(build: Building) -> None:
    text = "FROM busybox AS last\nARG A=1\nRUN true\nLABEL a=$A\n"
    bridge = build(fake({**PROJECT, "images/app/Dockerfile.j2": text}), options(version="1.2"))
    assert bridge.built[0][2] == "FROM busybox AS last\nRUN true\nARG A=1\nLABEL a=$A\n"
    assert bridge.warned[0].short == b"bakegen sink-arg: ARG A=1 (line 2)"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({}, "images/app/image.yaml:8:15: error: several variants are meant by the build arguments"),
        ({"images/app/Dockerfile.j2": "FROM {{ nothing }}\n"}, "images/app/Dockerfile.j2:1:9: error: "),
        (
            {"images/app/image.yaml": IMAGE + "contexts: {lib: ../lib}\n"},
            "image.yaml:9:17: error: the context 'lib'",
        ),
        ({"images/app/image.yaml": "contexxt: .\n"}, "images/app/image.yaml:1:1: error: "),
        ({"images/app/image.yaml": "- a\n"}, "images/app/image.yaml:1:1: error: "),
        ({"images/app/image.yaml": "\0"}, "images/app/image.yaml:1:1: error: "),
        ({"images/copy/image.yaml": IMAGE}, "several files like it: images/app/image.yaml, images/copy/image.yaml"),
        ({"bakegen.yaml": "images: {}\n"}, "bakegen.yaml:1:9: error: "),
    ],
)
def test_what_is_wrong_is_said_with_its_place(build: Building, change: dict[str, str], message: str) -> None:
    files = {**PROJECT, **change}
    definition = files["images/app/image.yaml"]
    bridge = build(fake(files, definition), options(**({"version": "1.2"} if change else {})))
    assert bridge.returned is not None
    assert message in bridge.returned.error.message
    assert bridge.built == []


def test_definition_that_is_not_in_the_context(build: Building) -> None:
    bridge = build(fake({"a": "b"}), options())
    assert bridge.returned is not None
    assert "it is not in the build context" in bridge.returned.error.message


def test_dockerfile_with_the_name_of_a_definition_is_one(build: Building) -> None:
    text = "# syntax=bakegen\nFROM busybox\n"
    assert build(fake({}, text), options()).built[0][2] == text
