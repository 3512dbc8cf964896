"""The rewriter on every Dockerfile of this repository, and on texts put together at random: no check of it fails."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bakegen.rewrites.driver import LEVELS, rewrite
from bakegen.text import Source
from tests import readme
from tests.unit.rewrites.evidence import PLAIN, evidence

if TYPE_CHECKING:
    from pathlib import Path

FOLDERS = ("images", "templates", "tests/engine", "tests/bench", "tests/golden/rewrites")
FILES = sorted(
    path
    for folder in FOLDERS
    for path in (readme.ROOT / folder).rglob("*Dockerfile*")
    if path.is_file() and not path.name.endswith((".j2", ".dockerignore"))
)


def check(text: str, level: str) -> None:
    found = evidence({"a": "", "src/b": "", "package.json": "{}"}, {"debian": PLAIN})
    outcome = rewrite(Source("Dockerfile", text), found, level=level, strict=True, project="p")
    again = rewrite(outcome.source, found, level=level, strict=True, project="p")
    assert again.source.text == outcome.source.text


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(readme.ROOT)))
def test_every_dockerfile_here(path: Path, level: str) -> None:
    check(Source.from_bytes(str(path), path.read_bytes()).text, level)


TEXTS = r"""
FROM debian|FROM debian AS one|FROM one|FROM scratch|ARG A|ARG A=1 B=$A|ARG SHA|ENV A=1|ENV VERSION=$SHA|LABEL r=$SHA
RUN mkdir -p /app|RUN make|RUN echo $A > /x|RUN a && \~ # c~ b|RUN <<E~echo $SHA~E|RUN ["true"]|RUN rm a|RUN npm ci
COPY a /app/|COPY src /app|COPY --from=one /x /y|ADD a /tmp/|COPY <<E /z~$A~E|COPY package.json .|COPY --link=false a /b
WORKDIR /app|WORKDIR sub|USER 1000|# comment|#||ONBUILD RUN x|ENTRYPOINT ["x"]|CMD x|SHELL ["/bin/bash", "-c"]
EXPOSE $A|VOLUME /v|RUN --mount=type=cache,target=/$A true|RUN apt-get update && apt-get install -y curl
"""
LINES = st.sampled_from([line.replace("~", "\n") for row in TEXTS.strip().split("\n") for line in row.split("|")])


@given(st.lists(LINES, max_size=12), st.sampled_from(LEVELS), st.sampled_from(["\n", "\r\n"]))
def test_texts_put_together(lines: list[str], level: str, end: str) -> None:
    check(end.join(["FROM debian", *(line.replace("\n", end) for line in lines), ""]), level)
