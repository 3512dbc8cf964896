"""split-run in awkward places; its examples are run by `test_examples`."""

from __future__ import annotations

import pytest

from bakegen.rewrites.driver import rewrite
from bakegen.text import Source
from tests.unit.rewrites.evidence import PLAIN, evidence

APT = "apt-get update && apt-get install -y curl"
GET = "curl -fo /tool https://example.org/$VERSION"


def run(text: str, *also: str) -> str:
    """What the rewrite, or it with others, makes of a Dockerfile at level assumed."""
    facts = evidence({"main.c": ""}, {"debian": PLAIN})
    only = ("split-run", *also)

    def once(text: str) -> str:
        return rewrite(Source("Dockerfile", text), facts, level="assumed", only=only, strict=True).source.text

    made = once(text)
    assert once(made) == made
    return made


CHANGED = {
    "the ARG sinks in between": (
        f"FROM debian\nARG VERSION\nRUN {APT} && {GET}\n",
        f"FROM debian\nRUN {APT}\nARG VERSION\nRUN {GET}\n",
    ),
    "style, comments and flags stay": (
        f"FROM debian\r\narg VERSION\r\nrun --network=default {APT} && \\\r\n    # the tool\r\n    {GET}\r\n",
        f"FROM debian\r\nrun --network=default {APT}\r\narg VERSION\r\n# the tool\r\nrun --network=default {GET}\r\n",
    ),
    "a directory that is left again": (
        f"FROM debian\nARG VERSION\nWORKDIR /work\nRUN cd /tmp && {APT} && cd /work && {GET}\n",
        f"FROM debian\nWORKDIR /work\nRUN cd /tmp && {APT} && cd /work\nARG VERSION\nRUN {GET}\n",
    ),
    "another shell": (
        f'FROM debian\nSHELL ["/bin/bash", "-eo", "pipefail", "-c"]\nARG VERSION\nRUN {APT} && {GET}\n',
        f'FROM debian\nSHELL ["/bin/bash", "-eo", "pipefail", "-c"]\nRUN {APT}\nARG VERSION\nRUN {GET}\n',
    ),
    "what is in a cache mount is there for both": (
        f"FROM debian\nARG VERSION\nRUN --mount=type=cache,target=/c {APT} && {GET}\n",
        f"FROM debian\nRUN --mount=type=cache,target=/c {APT}\nARG VERSION\nRUN --mount=type=cache,target=/c {GET}\n",
    ),
}

UNCHANGED = {
    "a directory": f"RUN cd /opt && {APT} && {GET}",
    "a variable": f"RUN name=x && {APT} && {GET}",
    "an exported variable": f"RUN export name=x && {APT} && {GET}",
    "the umask": f"RUN umask 077 && {APT} && {GET}",
    "a trap": f"RUN trap 'rm /x' EXIT && {APT} && {GET}",
    "a function": f"RUN f() {{ true; }} && {APT} && {GET}",
    "an option of the shell": f"RUN set -e && {APT} && {GET}",
    "the last result": f"RUN {APT} && echo $? $VERSION",
    "another operator": f"RUN {APT} || true && {GET}",
    "a list of another kind": f"RUN {APT}; {GET}",
    "clean-up": f"RUN {APT} && {GET} && rm -rf /var/lib/apt/lists/*",
    "clean-up by apt": f"RUN {APT} && {GET} && apt-get clean",
    "clean-up in a subshell": f"RUN {APT} && {GET} && (cd /var/lib && rm -rf apt/lists)",
    "clean-up of a name that is not known": f'RUN {APT} && {GET} && rm -rf "$(cat /x)"',
    "packages for a while": f"RUN {APT} && {GET} && apt-get purge -y --auto-remove curl",
    "lists of packages and packages": "RUN apt-get update && apt-get install -y curl=$VERSION",
    "tmpfs": f"RUN --mount=type=tmpfs,target=/t {APT} && {GET}",
    "a mount that is written": f"RUN --mount=type=bind,target=/t,rw {APT} && {GET}",
    "files that are not kept between RUNs": f"RUN echo x >> /etc/hosts && {APT} && {GET}",
    "the JSON form": 'RUN ["sh", "-c", "apt-get update && apt-get install -y curl && echo $VERSION"]',
    "an earlier RUN reads the ARG": f"RUN touch /$VERSION\nRUN {APT} && {GET}",
    "a RUN that may read the ARG": f"RUN make\nRUN {APT} && {GET}",
    "an ENV takes the ARG over": f"ENV RELEASE=$VERSION\nRUN {APT} && {GET}",
}


@pytest.mark.parametrize("title", CHANGED)
def test_changes(title: str) -> None:
    before, after = CHANGED[title]
    assert run(before, "sink-arg") == after


@pytest.mark.parametrize("title", UNCHANGED)
def test_stays(title: str) -> None:
    text = f"FROM debian\nARG VERSION\n{UNCHANGED[title]}\n"
    assert run(text) == text


def test_a_platform_is_no_reason() -> None:
    text = f"FROM debian\nARG TARGETARCH\nRUN {APT} && curl -fo /tool https://example.org/$TARGETARCH\n"
    assert run(text) == text


def test_room_for_an_install_in_front_of_a_copy() -> None:
    before = f"FROM debian\nCOPY . /app\nRUN {APT} && make -C /app\n"
    after = f"FROM debian\nRUN {APT}\nCOPY . /app\nRUN make -C /app\n"
    assert run(before, "hoist-install") == after
