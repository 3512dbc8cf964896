"""Definitions that are made here, and the modules that protoc makes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bakegen.frontend import llb as make
from bakegen.frontend.context import is_archive
from bakegen.frontend.messages import llb_pb2 as llb
from tests import protos

if TYPE_CHECKING:
    from pathlib import Path


def test_generated_modules_are_current(tmp_path: Path) -> None:
    made = protos.generate(tmp_path)
    assert made
    for path in made:
        assert (tmp_path / path).read_text() == (protos.ROOT / path).read_text(), "run python -m tests.protos"


def test_local_source_is_the_one_that_docker_asks_for() -> None:
    op, caps = make.local_source("dockerfile", "s", hint="dockerfile", follow=["Dockerfile", "a<b>&"], whole=True)
    assert dict(op.source.attrs) == {
        "local.session": "s",
        "local.sharedkeyhint": "dockerfile",
        "local.differ": "none",
        "local.followpaths": '["Dockerfile","a\\u003cb\\u003e\\u0026"]',
    }
    assert "source.local.followpaths" in caps


def test_definitions_are_the_same_each_time() -> None:
    def made() -> bytes:
        op, caps = make.files({"b/x": b"1", "a": b"2"})
        return make.definition([(op, "name", caps)])[0].SerializeToString(deterministic=True)

    assert made() == made()


def test_every_op_has_the_one_before_as_its_input() -> None:
    source, copy = make.http_source("https://x/y", "context"), make.unpack("/context")
    definition, digest = make.definition([(source[0], "a", source[1]), (copy[0], "b", copy[1])])
    ops = [llb.Op.FromString(data) for data in definition.ops]
    assert [len(one.inputs) for one in ops] == [0, 1, 1]
    assert ops[-1].inputs[0].digest == digest
    assert set(definition.metadata) > {one.inputs[0].digest for one in ops[1:]}


@pytest.mark.parametrize(
    ("head", "archive"),
    [(b"FROM x", False), (b"", False), (b"\x1f\x8b\x08..", True), (b"BZh9", True), (b"\0" * 257 + b"ustar\0", True)],
)
def test_archives(head: bytes, archive: bool) -> None:
    assert is_archive(head) is archive
