"""What a Dockerfile comes to for a target: images, files of the context, arguments, texts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bakegen.plan.keys import SourcePattern
from tests.unit.projects import plan_of

if TYPE_CHECKING:
    from bakegen.plan.model import Reading


def reading(dockerfile: str, image: str = "") -> Reading:
    files = {"images/a/image.yaml": image, "images/a/Dockerfile": dockerfile}
    found = plan_of(files).targets["a"].reading
    assert found is not None
    return found


def paths(dockerfile: str, image: str = "") -> list[str]:
    return [pattern.path for pattern in reading(dockerfile, image).files]


def test_only_what_the_target_stage_reaches_counts() -> None:
    dockerfile = "FROM debian:12 AS one\nCOPY a /\nFROM scratch AS two\nCOPY b /\nFROM one\nCOPY --from=tool /x /\n"
    assert paths(dockerfile) == ["a"]
    assert list(reading(dockerfile).images) == ["debian:12", "tool"]
    assert paths(dockerfile, "target: two\n") == ["b"]


def test_a_bind_mount_reads_without_wildcards() -> None:
    found = reading("FROM scratch\nRUN --mount=type=bind,source=a*,target=/a x\nCOPY --exclude=*.o b* /b/\n")
    assert found.files == (SourcePattern("a*", wildcard=False), SourcePattern("b*", exclude=("*.o",)))


@pytest.mark.parametrize(
    ("dockerfile", "expected"),
    [
        ("FROM debian:12\nCOPY $DIR/a /\n", [".", "/a"]),
        ("FROM debian:12\nRUN --mount=type=bind,source=$DIR,target=/a x\n", [".", "/"]),
        ("FROM debian:12\nENV DIR=d\nCOPY $DIR/a /\n", ["d/a"]),
        ("FROM scratch\nCOPY $DIR/a /\n", ["/a"]),
    ],
)
def test_a_path_that_the_base_image_may_decide_makes_all_of_the_context_count(
    dockerfile: str, expected: list[str]
) -> None:
    assert paths(dockerfile) == expected


def test_every_platforms_files_and_images_count() -> None:
    dockerfile = "ARG TARGETARCH\nFROM base-${TARGETARCH}\nARG TARGETARCH\nCOPY bin-$TARGETARCH /bin\n"
    found = reading(dockerfile, "platforms: [linux/amd64, linux/arm64]\n")
    assert list(found.images) == ["base-amd64", "base-arm64"]
    assert [pattern.path for pattern in found.files] == ["bin-amd64", "bin-arm64"]


def test_arguments_that_no_stage_declares_do_not_count() -> None:
    dockerfile = "ARG G\nFROM debian:${G} AS x\nARG A\nFROM scratch AS y\nARG B\nFROM x\n"
    assert reading(dockerfile, "args: {G: '12'}\n").arguments >= {"G", "A"}
    assert "B" not in reading(dockerfile, "args: {G: '12'}\n").arguments


def test_layout_and_comments_leave_the_text_as_it_is() -> None:
    one = reading("FROM scratch\n# a comment\nCOPY a \\\n   b /\n")
    other = reading("from scratch\n\ncopy a b /\n")
    assert one.texts == other.texts
    assert one.texts != reading("FROM scratch\nCOPY a c /\n").texts


def test_another_frontend_is_known_by_its_text_alone() -> None:
    found = reading("# syntax=example.com/own/frontend\nanything\n")
    assert found.foreign
    assert found.files == ()
