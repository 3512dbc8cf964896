"""Rule CA341: a RUN that downloads whatever is newest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.rules.cache._moving import moving_part, tracks, urls
from bakegen.rules.model import Example, Finding, Kind, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.rules.dockerfiles import DockerfileSubject


def _check(subject: DockerfileSubject) -> Iterator[Finding]:
    stages = {script.run: subject.stages[script.stage] for script in subject.scripts}
    for call in subject.calls("curl", "wget"):
        if tracks(stages[call.run]):
            continue
        for word in call.words:
            url = next((one for one in urls(word.text) if moving_part(one)), None)
            if url is None:
                continue
            yield Finding(
                word.span,
                f"the cache keeps what {moving_part(url)} was when this RUN ran first",
                "download a fixed version, and check its checksum",
            )


RULE = Rule(
    code="CA341",
    name="download-of-latest",
    summary="Download fixed versions",
    why="What a RUN downloads is not part of its cache key. A URL with `latest` or `master` in it is fetched once; "
    "after that the cache brings back what it was on that day, and one day, when something above it changes, another "
    "version comes unasked. On two builders it is two versions.\n\n"
    "A version in the URL, best as an ARG, makes the update a change of the Dockerfile: everybody gets it, and one "
    "can go back. With `ADD --checksum=…` BuildKit fetches and checks.",
    severity=Severity.WARNING,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example(
            "The latest release", "FROM debian\nRUN curl -fsSLO ⟦https://example.com/a/releases/latest/download/tool⟧\n"
        ),
        Example("A branch as an archive", "FROM debian\nRUN wget ⟦https://github.com/a/b/archive/master.tar.gz⟧\n"),
        Example("A name", "FROM debian\nRUN wget -q ⟦'https://example.com/Miniconda3-latest-Linux-x86_64.sh'⟧\n"),
        Example("A version", "FROM debian\nRUN curl -fsSLO https://example.com/a/releases/download/v1.2/tool\n"),
        Example("A commit", "FROM debian\nRUN curl -fsSLO https://example.com/a/raw/1a2b3c4d/main.py\n"),
        Example(
            "A part of a mirror",
            "FROM debian\nRUN wget https://example.com/alpine/v3.22/main/keys.tar https://example.com/pool/main/a.deb\n",
        ),
        Example("A word in a name", "FROM debian\nRUN curl -O https://example.com/mainline/domain/latestnews-1.2.gz\n"),
    ),
    words=("latest", "master", "main", "head", "nightly", "develop", "trunk"),
)
