"""The simulator tells wrong rewrites from right ones: pairs of Dockerfiles that differ, and pairs that do not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bakegen.dockerfile import read
from bakegen.text import Source
from tests.simulator.builder import build
from tests.simulator.case import read_case
from tests.simulator.checking import compared
from tests.simulator.generator import generate

if TYPE_CHECKING:
    from tests.simulator.images import ToyImage

APT = "RUN apt-get update && apt-get install -y curl\n"

WRONG = {
    "a script reads the ARG that sank": (
        "FROM debian:13\nARG VERSION=1\nCOPY scripts /s\nRUN sh /s/build.sh || true\n",
        "FROM debian:13\nCOPY scripts /s\nRUN sh /s/build.sh || true\nARG VERSION=1\n",
    ),
    "a child stage inherits the ARG": (
        "FROM debian:13 AS a\nARG V=1\nRUN touch /x\nFROM a\nRUN env > /env\n",
        "FROM debian:13 AS a\nRUN touch /x\nFROM a\nRUN env > /env\n",
    ),
    "--link onto /tmp": ("FROM debian:13\nCOPY VERSION /tmp/v\n", "FROM debian:13\nCOPY --link VERSION /tmp/v\n"),
    "--link onto /bin": ("FROM debian:13\nCOPY VERSION /bin/v\n", "FROM debian:13\nCOPY --link VERSION /bin/v\n"),
    "--link onto a link": ("FROM odd:1\nCOPY VERSION /sl/v\n", "FROM odd:1\nCOPY --link VERSION /sl/v\n"),
    "--link without the slash": ("FROM debian:13\nCOPY VERSION /opt\n", "FROM debian:13\nCOPY --link VERSION /opt\n"),
    "copies over each other change places": (
        "FROM debian:13\nCOPY conf/app.conf /x\nCOPY VERSION /x\n",
        "FROM debian:13\nCOPY VERSION /x\nCOPY conf/app.conf /x\n",
    ),
    "a copy through a link that a RUN makes": (
        "FROM debian:13\nRUN ln -s /opt /l\nCOPY VERSION /l/v\n",
        "FROM debian:13\nCOPY VERSION /l/v\nRUN ln -s /opt /l || true\n",
    ),
    "apt above its sources": (f"FROM debian:13\nCOPY etc /etc\n{APT}", f"FROM debian:13\n{APT}COPY etc /etc\n"),
    "apt above a proxy": (
        f"FROM debian:13\nENV http_proxy=http://p\n{APT}",
        f"FROM debian:13\n{APT}ENV http_proxy=http://p\n",
    ),
    "apt above certificates": (
        f"FROM debian:13\nCOPY certs /etc/ssl/certs\n{APT}",
        f"FROM debian:13\n{APT}COPY certs /etc/ssl/certs\n",
    ),
    "pip above its settings": (
        "FROM debian:13\nCOPY etc/pip.conf /etc/\nRUN pip install flask\n",
        "FROM debian:13\nRUN pip install flask\nCOPY etc/pip.conf /etc/\n",
    ),
    "pip above PIP_INDEX_URL": (
        "FROM debian:13\nARG PIP_INDEX_URL=x\nRUN pip install flask\n",
        "FROM debian:13\nRUN pip install flask\nARG PIP_INDEX_URL=x\n",
    ),
    "pip of a nested requirement": (
        "pip=nested\n-----\nFROM debian:13\nWORKDIR /app\nCOPY . .\nRUN pip install -r requirements.txt\n",
        "FROM debian:13\nWORKDIR /app\nCOPY *.txt ./\nRUN pip install -r requirements.txt || true\nCOPY . .\n",
    ),
    "pip of the project itself": (
        "pip=editable\n-----\nFROM debian:13\nWORKDIR /app\nCOPY . .\nRUN pip install -r requirements.txt\n",
        "FROM debian:13\nWORKDIR /app\nCOPY *.txt *.toml ./\nRUN pip install -r requirements.txt\nCOPY . .\n",
    ),
    "npm with a lifecycle script": (
        "npm=hooks\n-----\nFROM debian:13\nWORKDIR /app\nCOPY . .\nRUN npm ci\n",
        "FROM debian:13\nWORKDIR /app\nCOPY package*.json ./\nRUN npm ci\nCOPY . .\n",
    ),
    "npm above .npmrc": (
        "npm=rc\n-----\nFROM debian:13\nWORKDIR /app\nCOPY . .\nRUN npm ci\n",
        "FROM debian:13\nWORKDIR /app\nCOPY package*.json ./\nRUN npm ci\nCOPY . .\n",
    ),
    "node_modules in the context": (
        "tree=dirty\n-----\nFROM debian:13\nWORKDIR /app\nCOPY . .\nRUN npm ci\n",
        "FROM debian:13\nWORKDIR /app\nCOPY package*.json ./\nRUN npm ci\nCOPY . .\n",
    ),
    "go without the local replacement": (
        "go=replace\n-----\nFROM debian:13\nWORKDIR /app\nCOPY . .\nRUN go mod download\n",
        "FROM debian:13\nWORKDIR /app\nCOPY go.mod go.sum ./\nRUN go mod download || true\nCOPY . .\n",
    ),
    "an archive that is not unpacked": (
        "FROM debian:13\nADD data/files.tar /x/\n",
        "FROM debian:13\nCOPY data/files.tar /x/\n",
    ),
    "--chown for parents too": (
        "FROM debian:13\nCOPY src /app/src\nRUN chown -R 1000:1000 /app/src\n",
        "FROM debian:13\nCOPY --chown=1000:1000 src /app/src\n",
    ),
    "what apt keeps": (
        "FROM odd:1\nRUN apt-get update && apt-get install -y curl\n",
        "FROM odd:1\nRUN --mount=type=cache,target=/var/cache/apt apt-get update && apt-get install -y curl\n",
    ),
    "cd that no longer reaches": (
        "FROM debian:13\nRUN cd /opt && touch here && touch there\n",
        "FROM debian:13\nRUN cd /opt && touch here\nRUN touch there\n",
    ),
    "ENTRYPOINT behind CMD": (
        'FROM debian:13\nENTRYPOINT ["e"]\n',
        'FROM debian:13\nCMD ["bash"]\nENTRYPOINT ["e"]\n',
    ),
    "USER above an installer": (
        "FROM user:1\nRUN pip install flask\nUSER root\n",
        "FROM user:1\nUSER root\nRUN pip install flask\n",
    ),
}

RIGHT = {
    "ARG below what does not read it": (
        "FROM debian:13\nARG V=1\nRUN mkdir -p /x\nLABEL v=$V\n",
        "FROM debian:13\nRUN mkdir -p /x\nARG V=1\nLABEL v=$V\n",
    ),
    "--link where it may stand": (
        "FROM debian:13\nCOPY conf /new/place\n",
        "FROM debian:13\nCOPY --link conf /new/place\n",
    ),
    "manifests first": (
        "FROM debian:13\nWORKDIR /app\nCOPY . .\nRUN npm ci\n",
        "FROM debian:13\nWORKDIR /app\nCOPY package*.json ./\nRUN npm ci\nCOPY . .\n",
    ),
    "apt above the sources of the project": (
        f"FROM debian:13\nCOPY . /app\n{APT}",
        f"FROM debian:13\n{APT}COPY . /app\n",
    ),
    "a bind mount for a copy that is removed": (
        "FROM debian:13\nCOPY VERSION /tmp/v\nRUN cat /tmp/v > /etc/v && rm /tmp/v\n",
        "FROM debian:13\nRUN --mount=type=bind,source=VERSION,target=/tmp/v cat /tmp/v > /etc/v\n",
    ),
}


def images(original: str, other: str) -> tuple[ToyImage, ToyImage]:
    case = read_case(original if "\n-----\n" in original else f"\n-----\n{original}")
    made = [build(read(Source("D", text)), case.world(), {}) for text in (case.dockerfile, other)]
    return made[0], made[1]


@pytest.mark.parametrize("name", WRONG)
def test_wrong(name: str) -> None:
    assert list(compared(*images(*WRONG[name]), ()))


@pytest.mark.parametrize("name", RIGHT)
def test_right(name: str) -> None:
    assert list(compared(*images(*RIGHT[name]), ())) == []


def test_what_is_declared_is_left_out() -> None:
    one, other = images(*WRONG["what apt keeps"])
    assert list(compared(one, other, ("/var/cache/apt/**",))) == []
    assert list(compared(one, other, ("/var/cache/apt/archives/*.deb",)))


def test_generation_is_the_same_everywhere() -> None:
    """The seed decides, not the run; and a case comes back from its text."""
    for seed in range(40):
        case = generate(seed)
        assert case == generate(seed)
        again = read_case(str(case))
        assert (again.dockerfile, again.known, again.options) == (case.dockerfile, case.known, case.options)
        assert (again.build_args, again.other_args) == (case.build_args, case.other_args)
        assert (again.fixed, again.ephemeral, again.weights) == (case.fixed, case.ephemeral, case.weights)
