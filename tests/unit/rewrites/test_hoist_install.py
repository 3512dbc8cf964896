"""hoist-install in awkward places; its examples are run by `test_examples`."""

from __future__ import annotations

import pytest

from bakegen.rewrites.driver import rewrite
from bakegen.text import Source
from tests.unit.rewrites.evidence import PLAIN, evidence

FILES = {"main.c": "", "etc/apt/sources.list": ""}
APT = "RUN apt-get update && apt-get install -y curl\n"


def run(text: str) -> str:
    """What the rewrite alone makes of a Dockerfile, at level assumed."""
    facts = evidence(FILES, {"debian": PLAIN})

    def once(text: str) -> str:
        source = Source("Dockerfile", text)
        return rewrite(source, facts, level="assumed", only=("hoist-install",), strict=True).source.text

    made = once(text)
    assert once(made) == made
    return made


CHANGED = {
    "all installers, in their order": (
        f"FROM debian\nCOPY . /app\n{APT}RUN pip install flask\nRUN apt-get install -y git\n",
        f"FROM debian\n{APT}RUN pip install flask\nRUN apt-get install -y git\nCOPY . /app\n",
    ),
    "past what a stage with the sources made": (
        f"FROM debian AS one\nCOPY . /src\nRUN make -C /src\nFROM debian\nCOPY --from=one /src/x /app/x\n{APT}",
        f"FROM debian AS one\nCOPY . /src\nRUN make -C /src\nFROM debian\n{APT}COPY --from=one /src/x /app/x\n",
    ),
    "past what is fetched": (
        f"FROM debian\nADD https://example.org/tool /app/tool\n{APT}",
        f"FROM debian\n{APT}ADD https://example.org/tool /app/tool\n",
    ),
    "an ARG that it reads goes along, another one stays": (
        f"FROM debian\nCOPY . /app\nARG DEBIAN_FRONTEND=noninteractive\nARG COMMIT\n{APT}",
        f"FROM debian\nARG DEBIAN_FRONTEND=noninteractive\n{APT}COPY . /app\nARG COMMIT\n",
    ),
    "past instructions that enter no build graph": (
        f"FROM debian\nARG COMMIT\nCOPY . /app\nLABEL a=$COMMIT\nEXPOSE 80\n{APT}",
        f"FROM debian\nARG COMMIT\n{APT}COPY . /app\nLABEL a=$COMMIT\nEXPOSE 80\n",
    ),
    "a RUN in between that is understood goes along": (
        f"FROM debian\nCOPY . /app\nRUN mkdir /data\n{APT}",
        f"FROM debian\nRUN mkdir /data\n{APT}COPY . /app\n",
    ),
}

UNCHANGED = {
    "the COPY brings apt's own settings": f"FROM debian\nCOPY . /\n{APT}",
    "a RUN in between that is not understood": f"FROM debian\nCOPY . /app\nRUN make -C /app\n{APT}",
    "a part of the RUN is not understood": "FROM debian\nCOPY . /app\nRUN apt-get install -y curl && /app/setup\n",
    "the package is a copied file": "FROM debian\nCOPY . /app\nRUN apt-get install -y /app/main.deb\n",
    "the variable would come above a RUN that may read it": (
        f"FROM debian\nCOPY . /app\nRUN make -C /app\nENV DEBIAN_FRONTEND=noninteractive\n{APT}"
    ),
    "the text of a heredoc does not change by itself": f"FROM debian\nCOPY <<EOF /app/x\ny\nEOF\n{APT}",
    "it is first already": f"FROM debian\n{APT}COPY . /app\n",
}


@pytest.mark.parametrize("title", CHANGED)
def test_changes(title: str) -> None:
    before, after = CHANGED[title]
    assert run(before) == after


@pytest.mark.parametrize("title", UNCHANGED)
def test_stays(title: str) -> None:
    assert run(UNCHANGED[title]) == UNCHANGED[title]


def test_history_decides_which_copy_is_worth_it() -> None:
    text = f"FROM debian\nCOPY etc /app/etc\nCOPY main.c /app/\n{APT}"
    facts = evidence(FILES, {"debian": PLAIN}, {"main.c": 3})
    made = rewrite(Source("Dockerfile", text), facts, level="assumed", only=("hoist-install",), strict=True).source.text
    assert made == f"FROM debian\nCOPY etc /app/etc\n{APT}COPY main.c /app/\n"
