"""bind-mount in awkward places; its examples are run by `test_examples`."""

from __future__ import annotations

import pytest

from bakegen.rewrites.driver import rewrite
from bakegen.text import Source
from tests.unit.rewrites.evidence import PLAIN, evidence

FILES = {"a": "1\n", "b": "2\n", "parts/x": "", "parts/y": ""}


def run(text: str, level: str = "assumed") -> str:
    """What the rewrite alone makes of a Dockerfile."""
    facts = evidence(FILES, {"debian": PLAIN})

    def once(text: str) -> str:
        source = Source("Dockerfile", text)
        return rewrite(source, facts, level=level, only=("bind-mount",), strict=True).source.text

    made = once(text)
    assert once(made) == made
    return made


CHANGED = {
    "the rm in the middle": (
        "COPY a /tmp/\nRUN cp /tmp/a /srv/a && rm /tmp/a && touch /srv/done\n",
        "RUN --mount=type=bind,source=a,target=/tmp/a cp /tmp/a /srv/a && touch /srv/done\n",
    ),
    "an rm for each": (
        "COPY a b /tmp/\nRUN cat /tmp/a /tmp/b > /srv/c && rm /tmp/a && rm -f /tmp/b\n",
        "RUN --mount=type=bind,source=a,target=/tmp/a \\\n    --mount=type=bind,source=b,target=/tmp/b \\\n"
        "    cat /tmp/a /tmp/b > /srv/c\n",
    ),
    "a directory whole": (
        "COPY parts /tmp/parts\nRUN cp -r /tmp/parts /srv && rm -rf /tmp/parts/\n",
        "RUN --mount=type=bind,source=parts,target=/tmp/parts cp -r /tmp/parts /srv\n",
    ),
    "a script of lines that ends at the first failure; the flags stay": (
        "COPY a /tmp/\nRUN --network=none <<EOF\nset -eux\ncp /tmp/a /srv/a\nrm /tmp/a\nEOF\n",
        "RUN --network=none --mount=type=bind,source=a,target=/tmp/a <<EOF\nset -eux\ncp /tmp/a /srv/a\nEOF\n",
    ),
    "instructions in between that do not look at it": (
        "COPY a /tmp/\nENV X=1\nWORKDIR /srv\nRUN cp /tmp/a . && rm /tmp/a\n",
        "ENV X=1\nWORKDIR /srv\nRUN --mount=type=bind,source=a,target=/tmp/a cp /tmp/a .\n",
    ),
    "a comment in front of the rm is not lost": (
        "COPY a /tmp/\nRUN cp /tmp/a /srv/a \\\n    # done with it\n    && rm /tmp/a\n",
        "# done with it\nRUN --mount=type=bind,source=a,target=/tmp/a \\\n    cp /tmp/a /srv/a\n",
    ),
}

UNCHANGED = {
    "one of two stays": "COPY a b /tmp/\nRUN cp /tmp/a /tmp/b /srv && rm /tmp/a\n",
    "only its contents go": "COPY parts /tmp/parts\nRUN cp -r /tmp/parts /srv && rm -rf /tmp/parts/*\n",
    "it is moved": "COPY a /tmp/\nRUN mv /tmp/a /srv/a && rm -f /tmp/a\n",
    "something is made there again": "COPY a /tmp/\nRUN cp /tmp/a /srv/a && rm /tmp/a && touch /tmp/a\n",
    "its mode is the COPY's": "COPY --chmod=755 a /tmp/\nRUN cp /tmp/a /srv/a && rm /tmp/a\n",
    "its owner is the COPY's": "COPY --chown=5 a /tmp/\nRUN cp -p /tmp/a /srv/a && rm /tmp/a\n",
    "an rm that may not run": "COPY a /tmp/\nRUN cp /tmp/a /srv/a || rm /tmp/a\n",
    "nothing but the rm": "COPY a /tmp/\nRUN rm /tmp/a\n",
    "a list in which failures are overlooked": "COPY a /tmp/\nRUN cp /tmp/a /srv/a; rm /tmp/a\n",
    "something is mounted there": (
        "COPY a /tmp/a\nRUN --mount=type=tmpfs,target=/tmp cp /srv/x /srv/a && rm /tmp/a\n"
    ),
    "a COPY in between lies on top": "COPY a /tmp/x\nCOPY b /tmp/x\nRUN cp /tmp/x /srv/x && rm /tmp/x && true\n",
    "it is in a directory that COPY makes": "COPY a /new/a\nRUN cp /new/a /srv/a && rm /new/a\n",
    "another user, another mode": (
        "USER 1000\nCOPY parts /tmp/parts\nRUN cp -r /tmp/parts /tmp/more && rm -rf /tmp/parts\n"
    ),
    "a number is an image to a mount": (
        "COPY --from=0 /a /tmp/a\nRUN cp /tmp/a /srv/a && rm /tmp/a\n"
    ),
}  # fmt: skip


@pytest.mark.parametrize("title", CHANGED)
def test_changes(title: str) -> None:
    before, after = CHANGED[title]
    assert run(f"FROM debian\n{before}") == f"FROM debian\n{after}"


@pytest.mark.parametrize("title", UNCHANGED)
def test_stays(title: str) -> None:
    if title == "a COPY in between lies on top":
        # The first COPY is needless, but that is not for this rewrite to say.
        assert "COPY a /tmp/x" in run(f"FROM debian\n{UNCHANGED[title]}")
        return
    start = "FROM debian AS one\n" * (title == "a number is an image to a mount")
    text = f"{start}FROM debian\n{UNCHANGED[title]}"
    assert run(text) == text


def test_an_old_frontend_has_no_mounts() -> None:
    text = "# syntax=docker/dockerfile:1.0\nFROM debian\nCOPY a /tmp/\nRUN cp /tmp/a /srv/a && rm /tmp/a\n"
    assert run(text) == text


def test_what_is_proved_needs_no_assumption() -> None:
    text = "FROM debian\nWORKDIR /new\nCOPY a .\nRUN cp a /srv/a && rm a\n"
    assert run(text, "proved") == (
        "FROM debian\nWORKDIR /new\nRUN --mount=type=bind,source=a,target=/new/a cp a /srv/a\n"
    )
    text = "FROM debian\nCOPY a /tmp/\nRUN cp /tmp/a /srv/a && rm /tmp/a\n"
    assert run(text, "proved") == text
