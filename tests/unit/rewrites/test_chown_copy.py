"""chown-copy beyond its examples: where a chown may stand, and who else may have been there."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from bakegen.dockerfile.ignore import IgnoreFile
from bakegen.effects.model import Tier
from bakegen.facts.context import ListedContext, MemoryFolder
from bakegen.facts.model import Evidence
from bakegen.rewrites.driver import rewrite
from bakegen.text import Source
from tests.unit.rewrites.evidence import PLAIN

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bakegen.facts.model import PlatformFacts
    from bakegen.rewrites.driver import Outcome

FILES = {"src/main.py": "", "src/deep/x": "", "run.sh": "", "to": "-> run.sh"}


class Folder(MemoryFolder):
    """A folder in which one file is set-user-ID."""

    def mode(self, path: str) -> int | None:
        return 0o4755 if path == "src/deep/x" else super().mode(path)


def chown(
    text: str, *, special: bool = False, bases: Mapping[str, PlatformFacts] | None = None, context: bool = True
) -> Outcome:
    folder = (Folder if special else MemoryFolder)(FILES)
    listed = ListedContext(folder, IgnoreFile()) if context else None
    found = Evidence({"debian": PLAIN} if bases is None else bases, listed)
    return rewrite(Source("Dockerfile", text), found, level="assumed", only=("chown-copy",), strict=True)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("COPY src /app\nRUN chown --recursive 1:2 /app/\n", "COPY --chown=1:2 src /app\n"),
        ("COPY src /app\nRUN true && chown -R 1:2 /app\n", "COPY --chown=1:2 src /app\nRUN true\n"),
        (
            "COPY src /app\nRUN chown -R 1:2 /app \\\n && chmod +x /app/main.py\n",
            "COPY --chown=1:2 src /app\nRUN chmod +x /app/main.py\n",
        ),
        (
            "COPY src /app\nRUN mkdir /x \\\n && chown -R 1:2 /app\n",
            "COPY --chown=1:2 src /app\nRUN mkdir /x\n",
        ),
        (
            "WORKDIR /srv/app\nCOPY . .\nENV A=b\nEXPOSE 80\nRUN chown -R 1:2 .\n",
            "WORKDIR /srv/app\nCOPY --chown=1:2 . .\nENV A=b\nEXPOSE 80\nRUN chown 1:2 .\n",
        ),
        (
            "RUN mkdir -p /app\nCOPY src /app/src\nRUN echo x > /etc/x\nCOPY run.sh /app/\n"
            "RUN chown -R 1:2 /app && true\n",
            "RUN mkdir -p /app\nCOPY --chown=1:2 src /app/src\nRUN echo x > /etc/x\nCOPY --chown=1:2 run.sh /app/\n"
            "RUN chown 1:2 /app && true\n",
        ),
        ("COPY run.sh /run.sh\nRUN chown -R 1:2 /run.sh", "COPY --chown=1:2 run.sh /run.sh\n"),
    ],
)
def test_where_it_applies(before: str, after: str) -> None:
    outcome = chown("FROM debian\n" + before)
    assert outcome.source.text == "FROM debian\n" + after, outcome.offered
    assert outcome.applied[0].proposal.tier is Tier.KNOWLEDGE


@pytest.mark.parametrize(
    "text",
    [
        "COPY src /app\nRUN chown -R 1:2 /app /etc\n",
        "COPY src /app\nRUN chown -R app /app\n",
        "COPY src /app\nRUN chown 1:2 /app\n",
        "COPY src /app\nRUN chown -Rh 1:2 /app\n",
        "COPY src /app\nRUN chown -R 1:2 /app || true\n",
        "COPY src /app\nRUN true; chown -R 1:2 /app\n",
        "COPY src /app\nRUN true || true && echo 'x && chown -R 1:2 /app\n'\n",
        "COPY src /app\nRUN true # && chown -R 1:2 /app\n",
        "COPY src /app\nRUN (true && chown -R 1:2 /app)\n",
        'COPY src /app\nRUN ["chown", "-R", "1:2", "/app"]\n',
        "COPY src /app\nRUN <<EOF\nchown -R 1:2 /app\nEOF\n",
        "COPY src /app\nRUN --network=none chown -R 1:2 /app\n",
        "COPY src /app\nUSER 5\nRUN chown -R 1:2 /app\n",
        'SHELL ["/bin/python", "-c"]\nCOPY src /app\nRUN chown -R 1:2 /app\n',
        "COPY src /app\nRUN chown -R 1:2 /app \\\n # why\n && true\n",
        "COPY --chown=3:4 src /app\nRUN chown -R 1:2 /app\n",
        "COPY --chmod=700 src /app\nRUN chown -R 1:2 /app\n",
        "COPY --link src /app\nRUN chown -R 1:2 /app\n",
        "ADD src /app\nRUN chown -R 1:2 /app\n",
        "COPY src /app\nRUN ./build\nRUN chown -R 1:2 /app\n",
        "COPY src /app\nRUN cp -a /app /other\nRUN chown -R 1:2 /app\n",
        "COPY src /app\nRUN cp -a /app /other && chown -R 1:2 /app\n",
        "RUN mkdir -p /app/log\nCOPY src /app\nRUN chown -R 1:2 /app\n",
        "COPY src /app\nWORKDIR /app/log\nRUN chown -R 1:2 /app\n",
        "USER 7\nWORKDIR /app\nCOPY src ./\nUSER root\nRUN chown -R 1:2 /app\n",
        "COPY . /\nRUN chown -R 1:2 /src\n",
        "COPY src /opt\nRUN chown -R 1:2 /opt\n",
        "RUN chown -R 1:2 /app\n",
        "RUN touch /app/x\nCOPY src /app\nRUN chown -R 1:2 /app\n",
        "RUN ./setup /app\nCOPY src /app\nRUN chown -R 1:2 /app\n",
    ],
)
def test_what_stays(text: str) -> None:
    outcome = chown("FROM debian\n" + text)
    assert not outcome.applied


def test_a_set_user_id_bit_would_survive() -> None:
    text = "FROM debian\nCOPY src /app\nRUN chown -R 1:2 /app\n"
    assert chown(text).applied and not chown(text, special=True).applied
    missing = chown(text, context=False).applied[0].proposal.missing
    assert "set-user-ID" in missing[0].what


def test_without_facts_of_the_base() -> None:
    found = chown("FROM debian\nCOPY src /app\nRUN chown -R 1:2 /app\n", bases={}).applied
    assert not found  # whether the user is root is not known either
    (offered,) = chown("FROM debian\nUSER root\nCOPY src /app\nRUN chown -R 1:2 /app\n", bases={}).offered
    assert "whether /app is missing in debian" in offered.missing[0].what


def test_a_directory_of_the_base_that_only_looks_free() -> None:
    facts = replace(PLAIN, listings={**PLAIN.listings, "/": (*PLAIN.listings["/"], "app")})
    text = "FROM debian\nCOPY src /app\nRUN chown -R 1:2 /app\n"
    assert not chown(text, bases={"debian": facts}).applied


def test_a_copy_of_the_stage_above_is_left_alone() -> None:
    text = "FROM debian AS base\nCOPY src /app\nFROM base\nRUN chown -R 1:2 /app\n"
    assert not chown(text).applied
