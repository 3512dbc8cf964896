"""add-link beyond its examples: what it says, what it rests on, and forms of the instruction."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from bakegen.effects.model import Tier
from bakegen.facts.model import DirectoryFacts
from bakegen.rewrites.driver import rewrite
from bakegen.text import Source
from tests.unit.rewrites.evidence import PLAIN, evidence

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bakegen.facts.model import PlatformFacts
    from bakegen.rewrites.driver import Outcome

FACTS = replace(
    PLAIN,
    file_links={"/usr/local/bin": ("python",), "/etc": ("*",)},
    odd_directories={"/tmp": DirectoryFacts(0, 0, 0o1777), "/var/mail": DirectoryFacts(0, 8, 0o2775)},
)
FILES = {"file": "", "tree/a": "", "tree/sub/b": "", "to": "-> file"}


def link(
    text: str,
    *,
    level: str = "proved",
    files: Mapping[str, str] | None = FILES,
    bases: Mapping[str, PlatformFacts] | None = None,
    target: str | None = None,
) -> Outcome:
    found = evidence(files, {"debian": FACTS} if bases is None else bases)
    return rewrite(Source("Dockerfile", text), found, level=level, only=("add-link",), strict=True, target=target)


def linked(text: str, **more: object) -> list[str]:
    """The lines that got the flag."""
    return [line for line in link(text, **more).source.text.splitlines() if "--link" in line]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "line",
    [
        "COPY file /usr/local/bin/",
        "COPY file /usr/local/bin/tool",
        "COPY file tree /srv/",
        'COPY ["file", "/srv/a b/"]',
        "COPY <<EOF /srv/text\nx\nEOF",
        "COPY tree /opt",
        "COPY tree .",
        "COPY fil* /srv/",
        "COPY nothing* /srv/",
        "COPY --exclude=sub tree /srv/",
        "COPY --chown=0:0 file /srv/",
        "COPY --chown=root file /srv/",
        "COPY --chown=7:8 file /new/deep/",
        "COPY file /new",
        "ADD https://example.com/x.tar.gz /opt/",
        "ADD --checksum=sha256:" + "0" * 64 + " https://example.com/x /opt/x",
        "copy file /srv/",
    ],
)
def test_forms_that_are_linked(line: str) -> None:
    outcome = link(f"FROM debian\n{line}\n")
    assert len(outcome.applied) == 1, outcome.offered
    assert outcome.applied[0].proposal.tier is Tier.FACTS


@pytest.mark.parametrize(
    "line",
    [
        "COPY file /usr/local/bin/python",
        "COPY file /bin/x",
        "COPY file /sbin",
        "COPY tree /tmp",
        "COPY file /var/mail/x/",
        "COPY --chown=7:8 file /srv/",
        "COPY --chown=app file /srv/",
        "COPY --chown=7:app file /srv/",
        "COPY --chmod=755 file /srv/",
        "COPY --link file /srv/",
        "COPY --exclude=* --exclude=!a tree /srv/",
        "COPY file /srv",
        "COPY --from=debian /x /srv",
        "ADD file /srv/",
        "ADD https://example.com/x.git /srv/x",
        "ADD git@example.com:x/y.git /srv/x",
        "ADD --unpack=true https://example.com/x.tar /srv/",
        "ONBUILD COPY file /srv/",
    ],
)
def test_forms_that_are_left_alone(line: str) -> None:
    outcome = link(f"FROM debian\n{line}\n", level="assumed")
    assert not outcome.applied and not outcome.offered


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        (
            "FROM debian\nCOPY file /etc/file\n",
            "whether /etc/file is neither a directory nor a symbolic link in debian",
        ),
        ("FROM debian\nCOPY file /etc/nginx/\n", "whether /etc/nginx is missing, or a directory of 0:0"),
        ("FROM debian\nCOPY to /srv/x\nCOPY file /srv/x\n", "whether /srv/x is neither"),
        ("FROM debian\nARG D=/srv\nCOPY file $D/\n", "where $D/ leads in other builds"),
        ("FROM debian\nRUN ./x\nCOPY file /srv/a/\n", "whether each of /srv and /srv/a is missing"),
        ("FROM debian\nARG D=/srv\nCOPY file $D/\nCOPY file /opt/\n", "after the COPY of line 3"),
        ("FROM debian\nCOPY --from=other / /srv/\nCOPY file /srv/sub/\n", "whether /srv/sub is missing"),
    ],
)
def test_what_is_missing_is_named(text: str, missing: str) -> None:
    offers = [one.what for offer in link(text).offered for one in offer.missing]
    assert any(missing in one for one in offers), offers


def test_what_a_script_names_is_not_taken_for_granted() -> None:
    assert linked("FROM debian\nRUN ./setup\nCOPY file /srv/\n", level="assumed")
    assert not linked("FROM debian\nRUN ./setup /srv/x\nCOPY file /srv/x/\n", level="assumed")
    assert not linked("FROM debian\nRUN chmod 700 /srv\nCOPY file /srv/\n", level="assumed")


def test_without_facts_it_is_never_taken_for_granted() -> None:
    text = "FROM debian\nCOPY file /srv/\n"
    offered = link(text, bases={}, level="assumed").offered
    assert [one.supply for one in offered[0].missing] == ["run `bakegen lock`"]
    assert not linked(text, bases={}, level="assumed")


def test_a_base_that_the_command_line_chooses() -> None:
    text = "ARG BASE=debian\nFROM $BASE\nCOPY file /srv/\n"
    (offered,) = link(text, level="assumed").offered
    assert [one.supply for one in offered.missing] == ["name the image without build arguments"]


def test_scratch_needs_no_facts() -> None:
    outcome = link("FROM scratch\nCOPY --from=debian /bin/sh /bin/sh\nCOPY file /bin/\n", files=None, bases={})
    assert [one.proposal.tier for one in outcome.applied] == [Tier.SEMANTICS, Tier.SEMANTICS] or len(
        outcome.applied
    ) == 2


def test_only_stages_of_images() -> None:
    text = (
        "FROM debian AS base\nCOPY file /srv/base/\nFROM debian AS build\nCOPY file /srv/build/\n"
        "FROM base AS extra\nCOPY file /srv/extra/\nFROM base\nCOPY --from=build /srv/build/file /srv/last/\n"
    )
    assert [line.rsplit("/", 2)[1] for line in linked(text)] == ["base", "extra", "last"]
    assert [line.rsplit("/", 2)[1] for line in linked(text, target="build")] == ["build"]


def test_the_gain_says_what_is_run_again() -> None:
    outcome = link("FROM debian\nCOPY file /srv/a/\nRUN true\nCOPY file /srv/b/\n", level="assumed")
    gains = [one.proposal.gain for one in outcome.applied]
    assert [("RUN behind it still" in gain) for gain in gains] == [True, False]


@pytest.mark.parametrize(
    ("syntax", "expected"),
    [
        ("docker/dockerfile:1", True),
        ("docker/dockerfile:1.4", True),
        ("docker.io/docker/dockerfile:1.7-labs", True),
        ("docker/dockerfile", True),
        ("docker/dockerfile-upstream:master", True),
        ("docker/dockerfile:1.3", False),
        ("docker/dockerfile:1.2.1", False),
        ("docker/dockerfile:experimental", False),
        ("docker/dockerfile:1.4@sha256:" + "0" * 64, True),
    ],
)
def test_frontends(syntax: str, expected: bool) -> None:
    assert bool(linked(f"# syntax={syntax}\nFROM scratch\nCOPY file /a/\n")) is expected


def test_line_ends_continuations_and_escapes_stay() -> None:
    text = "# escape=`\r\nFROM scratch\r\n# why\r\nCOPY `\r\n  file `\r\n  /a/\r\n"
    assert link(text).source.text == text.replace("COPY `", "COPY --link `")


def test_directories_that_earlier_steps_made() -> None:
    text = (
        "FROM debian\nCOPY --chown=5:5 file /own/\nCOPY file /own/a/\nCOPY --chown=5:5 file /own/b/\n"
        "COPY --chmod=700 file /mode/\nCOPY file /mode/a/\nRUN mkdir /made\nCOPY file /made/x\n"
    )
    assert linked(text) == [
        "COPY --chown=5:5 --link file /own/",
        "COPY --chown=5:5 --link file /own/b/",
        "COPY --link file /made/x",
    ]
