"""Dockerfiles that end before the first step that is missing."""

from __future__ import annotations

import pytest

from bakegen.building.rescue import Cut, Work, cut
from bakegen.building.stream import Step
from bakegen.dockerfile import read
from bakegen.text import Source

DONE, RUNNING = "2026-01-01T00:00:02Z", None


def work(*steps: str) -> Work:
    """What a bake left behind: names of steps, those that are not done with a ``-`` before them."""
    found = Work()
    found.hear(
        Step(f"sha256:{name}", (name.removeprefix("-"),), "2026-01-01T00:00:01Z", RUNNING if name[0] == "-" else DONE)
        for name in steps
    )
    return found


def ended(text: str, *steps: str, target: str | None = None, platform: str | None = None) -> Cut | None:
    return cut(read(Source("Dockerfile", text)), work(*steps), target=target, platform=platform)


def text_of(found: Cut | None) -> str:
    assert found is not None
    return found.text


ONE = """\
# syntax=docker/dockerfile:1
# a comment
ARG V=1
FROM base:$V
ENV A=1
RUN one
# about the copy
COPY --chown=1:1 <<EOF /etc/config
FROM nowhere
RUN nothing
EOF
LABEL between=1
RUN two && \\
    # inside
    three
USER 1
RUN four
CMD ["x"]
"""


def test_a_stage_ends_before_the_step_that_failed() -> None:
    steps = ("[1/5] FROM base:1", "[2/5] RUN one", "[3/5] COPY <<EOF", "-[4/5] RUN two &&     three", "-[5/5] RUN four")
    found = ended(ONE, *steps)
    assert text_of(found) == ONE[: ONE.index("RUN two")]
    assert found is not None and found.instructions == ("RUN one", "COPY <<EOF")


def test_nothing_is_kept_where_nothing_is_done() -> None:
    assert ended(ONE) is None
    assert ended(ONE, "[1/5] FROM base:1", "-[2/5] RUN one", "-[3/5] COPY <<EOF") is None


def test_what_is_done_to_its_end_stays_as_it_is() -> None:
    steps = ("[2/5] RUN one", "[3/5] COPY <<EOF", "[4/5] RUN two &&     three", "[5/5] RUN four")
    assert text_of(ended(ONE, *steps)) == ONE


@pytest.mark.parametrize(
    "ends", ["\r\n", "\n"],
)  # fmt: skip
def test_bytes_stay(ends: str) -> None:
    text = ends.join(["FROM base", "RUN one \udcff", "RUN two"])
    assert text_of(ended(text, "[2/3] RUN one", "-[3/3] RUN two")) == ends.join(["FROM base", "RUN one \udcff", ""])
    assert text_of(ended(text, "[2/3] RUN one", "[3/3] RUN two")) == text + "\n"


BESIDE = """\
ARG BASE=tools
FROM base AS tools
RUN tools
FROM base
RUN unnamed
RUN later
FROM base AS unused
RUN unused
FROM ${BASE} AS last
WORKDIR /
WORKDIR /x
COPY --from=1 /a /a
RUN end
"""
NAMES = ("[tools 2/2] RUN tools", "[stage-1 2/3] RUN unnamed")


def test_stages_beside_each_other_are_joined() -> None:
    found = ended(
        BESIDE, *NAMES, "-[stage-1 3/3] RUN later", "[last 1/4] WORKDIR /x", "-[last 2/4] COPY --from=1 /a /a"
    )
    assert found is not None
    assert found.text == (
        BESIDE[: BESIDE.index("RUN later")]
        + "FROM base AS unused\n"
        + BESIDE[BESIDE.index("FROM ${BASE}") : BESIDE.index("COPY --from=1")]
        + "FROM scratch AS bakegen-kept\n"
        + "COPY --from=1 /.bakegen-kept-nothing-* /\n"
        + "COPY --from=3 /.bakegen-kept-nothing-* /\n"
    )
    assert not read(Source("", found.text)).diagnostics
    assert set(found.instructions) == {"RUN tools", "RUN unnamed", "WORKDIR /x"}


def test_one_stage_needs_no_other_to_join_it() -> None:
    found = ended(BESIDE, *NAMES[:1], "-[stage-1 2/3] RUN unnamed", "-[last 1/4] WORKDIR /x")
    assert text_of(found) == "ARG BASE=tools\nFROM base AS tools\nRUN tools\n"


def test_what_is_copied_from_is_done_to_its_end() -> None:
    # The last step of the stage bears the name that another target gave it.
    steps = (
        "[stage-1 2/3] RUN unnamed",
        "[last 1/4] WORKDIR /x",
        "[last 2/4] COPY --from=1 /a /a",
        "-[last 3/4] RUN end",
    )
    found = text_of(ended(BESIDE, *steps))
    assert "RUN later" in found and "RUN tools" in found and "RUN end" not in found
    assert "bakegen-kept" not in found


def test_a_step_that_bears_the_name_of_another_stage_is_done_where_a_later_one_is() -> None:
    text = "FROM base\nRUN shared\nRUN own\nRUN late\n"
    assert text_of(ended(text, "[3/4] RUN own", "-[4/4] RUN late")) == "FROM base\nRUN shared\nRUN own\n"


def test_steps_of_another_dockerfile_do_not_count() -> None:
    text = "FROM base\nRUN one\nRUN two\n"
    assert text_of(ended(text, "[2/3] RUN one", "-[3/3] RUN two", "[3/9] RUN other")) == "FROM base\nRUN one\n"
    assert ended(text, "[2/3] COPY x y", "-[3/3] RUN two") is None


def test_triggers_of_the_base_come_first() -> None:
    text = "FROM base\nRUN one\nRUN two\n"
    counted = ("[1/3] FROM base", "[2/5] ONBUILD RUN x", "[3/5] ONBUILD COPY f f", "[4/5] RUN one", "-[5/5] RUN two")
    assert text_of(ended(text, *counted)) == "FROM base\nRUN one\n"
    beyond = ("[2/3] ONBUILD RUN x", "[3/3] ONBUILD COPY f f", "[4/3] RUN one", "-[5/3] RUN two")
    assert text_of(ended(text, *beyond)) == "FROM base\nRUN one\n"


def test_a_stage_from_another_target_is_counted_and_has_no_number() -> None:
    steps = ("[kid 1/3] RUN one", "-[kid 2/3] RUN two", "[kid 1/2] FROM x", "[kid 2/2] RUN parent")
    assert text_of(ended("FROM base\nRUN one\nRUN two\n", *steps)) == "FROM base\nRUN one\n"


def test_each_platform_is_as_far_as_it_is() -> None:
    text = "FROM --platform=$BUILDPLATFORM base AS b\nRUN all\nRUN each\nFROM scratch\nCOPY --from=b /x /\n"
    steps = (
        "[app linux/amd64 b 2/3] RUN all",
        "[app linux/amd64 b 3/3] RUN each",
        "-[app linux/amd64->arm64 b 3/3] RUN each",
        "[app linux/amd64 stage-1 1/1] COPY --from=b /x /",
        "-[app linux/arm64 stage-1 1/1] COPY --from=b /x /",
    )
    assert text_of(ended(text, *steps, platform="linux/amd64")) == text
    assert text_of(ended(text, *steps, platform="linux/arm64")) == text[: text.index("RUN each")]


def test_a_step_of_all_platforms_is_done_when_it_is_on_all() -> None:
    text = "FROM base\nRUN one\nRUN two\n"
    steps = (
        "[linux/amd64 2/3] RUN one",
        "[linux/arm64 2/3] RUN one",
        "[linux/amd64 3/3] RUN two",
        "-[linux/arm64 3/3] RUN two",
    )
    assert text_of(ended(text, *steps)) == "FROM base\nRUN one\n"


def test_another_bake_adds_to_what_is_done() -> None:
    found = work("[2/3] RUN one", "-[3/3] RUN two")
    found.hear([Step("sha256:1", ("[app 2/3] RUN one",), DONE, None)])
    assert cut(read(Source("Dockerfile", "FROM base\nRUN one\nRUN two\n")), found) is not None


@pytest.mark.parametrize("text", ["FROM base\nRUNN x\nRUN one\n", "# syntax=x/y\nFROM base\nRUN one\n", ""])
def test_what_cannot_be_read_is_left_alone(text: str) -> None:
    assert ended(text, "[2/2] RUN one") is None


def test_the_name_of_the_stage_decides() -> None:
    assert ended("ARG TARGETSTAGE\nFROM base\nRUN one\nRUN two\n", "[2/3] RUN one") is None
    assert ended("FROM base AS x\nRUN one\nRUN two\n", "[2/3] RUN one", target="y") is None
