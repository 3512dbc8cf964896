"""Pins: what the lock file says becomes named contexts and content keys, and what cannot be is said."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bakegen.bake.compose import main_file
from bakegen.facts.lockfile import Lock
from bakegen.facts.model import BaseFacts
from bakegen.plan.content import content_keys
from bakegen.plan.pins import pinned
from tests.unit.projects import plan_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bakegen.plan.model import Plan

A, B = "sha256:" + "a" * 64, "sha256:" + "b" * 64


def lock(**bases: str) -> Lock:
    return Lock({name.replace("_", ":"): BaseFacts(digest, {}) for name, digest in bases.items()})


def plan(dockerfile: str, image: str = "", others: Mapping[str, str] | None = None) -> Plan:
    return plan_of({"images/app/image.yaml": image, "images/app/Dockerfile": dockerfile, **(others or {})})


def contexts(plan: Plan, name: str = "app") -> object:
    (target,) = (one for one in main_file(plan, "master", ()).targets if one.name == name)
    return target.attributes.get("contexts", {})


def test_every_locked_base_is_pinned_under_its_familiar_name() -> None:
    found = pinned(
        plan("FROM docker.io/library/debian:13 AS a\nFROM alpine:latest\nCOPY --from=busybox /x /x\n"),
        lock(debian_13=A, alpine=B, busybox=B),
    )
    # The stage `a` is not reached.
    assert contexts(found) == {"alpine": f"docker-image://alpine@{B}", "busybox": f"docker-image://busybox@{B}"}
    assert found.warnings == ()


def test_the_tag_stays_beside_the_digest() -> None:
    found = pinned(plan("FROM docker.io/library/debian:13\n"), lock(debian_13=A))
    assert contexts(found) == {"debian:13": f"docker-image://debian:13@{A}"}


def test_what_the_lock_lacks_is_said_once_with_its_place() -> None:
    found = pinned(plan("FROM debian:13\nCOPY --from=busybox /x /x\n"), lock())
    assert contexts(found) == {}
    (one,) = found.warnings
    assert one.message == "bakegen.lock lacks debian:13, busybox: not pinned, and nothing is known of them"
    assert str(one.location) == "images/app/Dockerfile:1:6"
    assert one.help == "run `bakegen lock` and commit the result"


def test_another_target_is_no_base() -> None:
    found = pinned(
        plan("FROM base\n", "", {"images/base/image.yaml": "", "images/base/Dockerfile": "FROM scratch\n"}), lock()
    )
    assert contexts(found) == {"base": "target:base"}
    assert found.warnings == ()


def test_a_reference_with_a_digest_is_left_alone() -> None:
    found = pinned(plan(f"FROM debian:13@{A}\n"), lock(debian_13=B))
    assert contexts(found) == {}
    assert found.warnings == ()


def test_an_image_that_the_definition_puts_there_keeps_its_name() -> None:
    base = BaseFacts(A, {}, "mirror.example.com/debian:13")
    image = 'contexts: {"debian:13": "docker-image://mirror.example.com/debian:13", src: ../../src}\n'
    found = pinned(plan("FROM debian:13\nCOPY --from=src /x /x\n", image), Lock({"debian:13": base}))
    assert contexts(found) == {
        "debian:13": f"docker-image://mirror.example.com/debian:13@{A}",
        "src": "src",
    }
    assert found.warnings == ()


def test_another_image_in_the_definition_than_in_the_lock_is_stale() -> None:
    image = 'contexts: {"debian:13": "docker-image://mirror.example.com/debian:13"}\n'
    found = pinned(plan("FROM debian:13\n", image), lock(debian_13=A))
    assert contexts(found) == {"debian:13": "docker-image://mirror.example.com/debian:13"}
    assert [one.code for one in found.warnings] == ["stale-lock"]
    assert str(found.warnings[0].location).startswith("images/app/image.yaml:1:")


def test_other_contexts_of_the_definition_are_left_alone() -> None:
    image = f'contexts: {{"debian:13": ../../root, alpine: "docker-image://alpine@{B}", unused: "docker-image://x"}}\n'
    found = pinned(plan("FROM debian:13\nCOPY --from=alpine /x /x\n", image), lock(debian_13=A, alpine=A, unused=A))
    assert contexts(found) == {
        "debian:13": "root",
        "alpine": f"docker-image://alpine@{B}",
        "unused": "docker-image://x",
    }
    assert found.warnings == ()


@pytest.mark.parametrize("stage", ["debian", "Debian"])
def test_a_stage_of_the_same_name_would_be_replaced_so_nothing_is_pinned(stage: str) -> None:
    found = pinned(plan(f"FROM debian AS {stage}\nRUN a\n"), lock(debian=A))
    assert contexts(found) == {}
    (one,) = found.warnings
    assert "would stand in for the stage 'debian'" in one.message
    assert one.help == "call the stage otherwise, or write FROM debian@sha256:…"


def test_pinning_can_be_turned_off() -> None:
    found = pinned(plan("FROM debian:13\n", "pin: false\n"), lock())
    assert contexts(found) == {}
    assert found.warnings == ()


def test_stages_are_pinned_like_their_images() -> None:
    found = pinned(plan("FROM debian:13 AS tools\nRUN a\nFROM tools\n", "stages: [tools]\n"), lock(debian_13=A))
    wanted = {"debian:13": f"docker-image://debian:13@{A}"}
    assert contexts(found, "app-stage-tools") == contexts(found) == wanted


class _NoFiles:
    def digest(self, *_: object) -> str:
        return ""


def key(plan: Plan) -> str | None:
    return content_keys(plan, _NoFiles())["app"].key


def test_the_digest_counts_in_the_content_key_and_is_like_one_in_the_reference() -> None:
    made = plan("FROM debian:13\n")
    keys = {key(made), key(pinned(made, lock(debian_13=A))), key(pinned(made, lock(debian_13=B)))}
    assert len(keys) == 3
    image = 'contexts: {"debian:13": "docker-image://m.example.com/debian:13"}\n'
    given = plan("FROM debian:13\n", image)
    locks = [Lock({"debian:13": BaseFacts(digest, {}, "m.example.com/debian:13")}) for digest in (A, B)]
    assert len({key(given), *(key(pinned(given, one)) for one in locks)}) == 3
