"""All rules on every Dockerfile of this repository, on texts put together at random, and on any bytes at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bakegen.dockerfile import read
from bakegen.rules.check import check_dockerfile
from bakegen.rules.config import Config
from bakegen.rules.dockerfiles import DockerfileSubject
from bakegen.rules.fixing import fix_dockerfile
from bakegen.rules.model import Settings
from bakegen.text import Source
from tests import readme
from tests.unit.rewrites.evidence import PLAIN, evidence
from tests.unit.rewrites.test_any_dockerfile import FILES, LINES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from bakegen.rules.model import Result

EVERYTHING = Config(select=("ALL",))
STRICT = Settings(trusted_registries=("docker.io",), labels={"a.b": "url"}, strict_labels=True, ephemeral=True)
FACTS = evidence({"a": "", "src/b": "", ".git/HEAD": "", "package.json": "{}"}, {"debian": PLAIN})


def look(source: Source) -> tuple[DockerfileSubject, Sequence[Result]]:
    """All findings in a text."""
    subject = DockerfileSubject(source, FACTS)
    return subject, check_dockerfile(subject, EVERYTHING)


def check(source: Source) -> None:
    """Rules crash on nothing, mark places that are there, and mend without failing their own checks."""
    subject, results = look(source)
    for result in results:
        assert 0 <= result.finding.span.start <= result.finding.span.end <= len(source.text)
        assert "\n" not in result.finding.message
    check_dockerfile(DockerfileSubject(source, settings=STRICT), EVERYTHING)
    if not subject.dockerfile.ok:
        return
    mended = fix_dockerfile(source, look)
    assert mended.refused == ()
    assert read(mended.source).ok
    assert fix_dockerfile(mended.source, look).source.text == mended.source.text
    assert read(fix_dockerfile(source, look, unsafe=True).source).ok


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(readme.ROOT)))
def test_every_dockerfile_here(path: Path) -> None:
    check(Source.from_bytes("Dockerfile", path.read_bytes()))


@given(st.lists(LINES, max_size=12), st.sampled_from(["\n", "\r\n"]))
def test_texts_put_together(lines: list[str], end: str) -> None:
    check(Source("Dockerfile", end.join(["FROM debian", *(line.replace("\n", end) for line in lines), ""])))


WORDS = r"""
FROM|debian|AS|as|ARG|A=1|$A|${A:-b}|RUN|COPY|--from=0|--link|--chown=1|.|/x/|ENV|LABEL|\|`|#|# bakegen ignore=CA
<<E|E|"|'|[|"a",|]|&&|;|if|then|fi|$(|)|`|apt-get|install|-y|pip|npm|ci|curl|sudo|cd|ONBUILD|USER|WORKDIR|HEALTHCHECK|NONE|SHELL
--mount=type=cache,target=/x|--mount=type=bind|EXPOSE|80/tcp|VOLUME|CMD|ENTRYPOINT|ADD|https://x/y.tar.gz|STOPSIGNAL|9
"""
PIECES = st.sampled_from([word for row in WORDS.strip().split("\n") for word in row.split("|") if word])


@given(st.lists(st.tuples(PIECES, st.sampled_from([" ", "\n", " \\\n", "\t", ""])), max_size=40))
def test_words_put_together(words: list[tuple[str, str]]) -> None:
    check(Source("Dockerfile", "FROM debian\n" + "".join(word + gap for word, gap in words)))


@given(st.binary(max_size=200))
def test_any_bytes(data: bytes) -> None:
    check(Source.from_bytes("Dockerfile", b"FROM debian\nRUN " + data))
    check(Source.from_bytes("Dockerfile", data))
