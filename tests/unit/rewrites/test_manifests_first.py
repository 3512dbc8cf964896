"""manifests-first in awkward places; its examples are run by `test_examples`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bakegen.dockerfile.ignore import IgnoreFile
from bakegen.facts.context import ListedContext
from bakegen.facts.model import Evidence
from bakegen.rewrites.driver import rewrite
from bakegen.text import Source
from bakegen.workspace.disk import DiskFolder
from tests.unit.rewrites.evidence import PLAIN, evidence

if TYPE_CHECKING:
    from pathlib import Path

    from bakegen.rewrites.driver import Outcome

FILES = {"requirements.txt": "flask\n", "app.py": ""}
INSTALL = "RUN pip install -r requirements.txt\n"


def run(text: str, files: dict[str, str] | None = None, *, ignore: str = "", known: bool = True) -> Outcome:
    """What the rewrite alone makes of a Dockerfile, and that a second run makes nothing more of it."""
    facts = evidence(FILES if files is None else files, {"python": PLAIN} if known else {}, ignore=ignore)

    def once(source: Source) -> Outcome:
        return rewrite(source, facts, level="assumed", only=("manifests-first",), ignore=ignore, strict=True)

    outcome = once(Source("Dockerfile", text))
    assert once(outcome.source).source.text == outcome.source.text
    return outcome


CHANGED = {
    "line ends and lower case stay": (
        "from python\r\nworkdir /app\r\n# all\r\ncopy . .\r\nrun pip install -r requirements.txt\r\n",
        "from python\r\nworkdir /app\r\ncopy requirements.txt ./\r\nrun pip install -r requirements.txt\r\n"
        "# all\r\ncopy . .\r\n",
        FILES,
    ),
    "another escape character": (
        "# escape=`\nFROM python\nWORKDIR /app\nCOPY . .\nRUN pip install `\n  -r requirements.txt\n",
        "# escape=`\nFROM python\nWORKDIR /app\nCOPY requirements.txt ./\nRUN pip install `\n  -r requirements.txt\n"
        "COPY . .\n",
        FILES,
    ),
    "a file without a last line end": (
        "FROM python\nWORKDIR /app\nCOPY . .\nRUN pip install -r requirements.txt",
        "FROM python\nWORKDIR /app\nCOPY requirements.txt ./\nRUN pip install -r requirements.txt\nCOPY . .\n",
        FILES,
    ),
    "an ARG that the installer reads goes along": (
        f"FROM python\nWORKDIR /app\nCOPY . .\nARG COLOUR\nARG PIP_INDEX_URL\n{INSTALL}",
        f"FROM python\nWORKDIR /app\nCOPY requirements.txt ./\nARG PIP_INDEX_URL\n{INSTALL}COPY . .\nARG COLOUR\n",
        FILES,
    ),
    "the user and its directory go along": (
        "FROM python\nWORKDIR /app\nCOPY . .\nUSER 1000\nENV HOME=/home/x\n"
        "RUN pip install --target /home/x/lib -r requirements.txt\n",
        "FROM python\nWORKDIR /app\nCOPY requirements.txt ./\nUSER 1000\nENV HOME=/home/x\n"
        "RUN pip install --target /home/x/lib -r requirements.txt\nCOPY . .\n",
        FILES,
    ),
    "a RUN that is understood goes along": (
        f"FROM python\nWORKDIR /app\nCOPY . .\nRUN mkdir /data\n{INSTALL}",
        f"FROM python\nWORKDIR /app\nCOPY requirements.txt ./\nRUN mkdir /data\n{INSTALL}COPY . .\n",
        FILES,
    ),
    "the destination keeps its variable, the sources their ./": (
        f"FROM python\nENV APP=/app\nCOPY ./ $APP\nWORKDIR $APP\n{INSTALL}",
        f"FROM python\nENV APP=/app\nCOPY ./requirements.txt $APP/\nWORKDIR $APP\n{INSTALL}COPY ./ $APP\n",
        FILES,
    ),
    "several COPYs hold manifests": (
        "FROM python\nCOPY one /app/one\nCOPY two /app/two\n"
        "RUN pip install -r /app/one/requirements.txt -r /app/two/requirements.txt\n",
        "FROM python\nCOPY one/requirements.txt /app/one/\nCOPY two/requirements.txt /app/two/\n"
        "RUN pip install -r /app/one/requirements.txt -r /app/two/requirements.txt\n"
        "COPY one /app/one\nCOPY two /app/two\n",
        {"one/requirements.txt": "a", "one/x": "", "two/requirements.txt": "b", "two/y": ""},
    ),
    "two installers, each with its manifests": (
        f"FROM python\nWORKDIR /app\nCOPY . .\n{INSTALL}RUN pip install -r more.txt\n",
        f"FROM python\nWORKDIR /app\nCOPY requirements.txt ./\n{INSTALL}COPY more.txt ./\nRUN pip install -r more.txt\n"
        "COPY . .\n",
        {**FILES, "more.txt": "idna"},
    ),
}

UNCHANGED = {
    "no build context": ("FROM python\nWORKDIR /app\nCOPY . .\n" + INSTALL, {}),
    "a program of the installer's name is copied onto PATH": (
        f"FROM python\nENV PATH=/app/bin:$PATH\nWORKDIR /app\nCOPY . .\n{INSTALL}",
        {**FILES, "bin/pip": ""},
    ),
    "a name that a COPY cannot say plainly": (
        "FROM python\nWORKDIR /app\nCOPY . .\nRUN pip install -r 'my list.txt'\n",
        {"my list.txt": "flask", "app.py": ""},
    ),
    "an earlier RUN needs the files, the installer needs the RUN": (
        f"FROM python\nWORKDIR /app\nCOPY . .\nRUN cp requirements.txt /etc/pip.conf\n{INSTALL}",
        FILES,
    ),
    "a RUN in between that is not understood": (f"FROM python\nWORKDIR /app\nCOPY . .\nRUN make\n{INSTALL}", FILES),
    "the destination may be another one in another build": (
        f"FROM python\nARG APP=/app\nCOPY . $APP\nWORKDIR $APP\n{INSTALL}",
        FILES,
    ),
    "the manifests come out of another stage": (
        f"FROM python AS one\nCOPY . /app\nFROM python\nCOPY --from=one /app /app\nWORKDIR /app\n{INSTALL}",
        FILES,
    ),
    "the rest is copied in front of a child stage": (
        f"FROM python AS one\nWORKDIR /app\nCOPY . .\nFROM one\n{INSTALL}",
        FILES,
    ),
}


@pytest.mark.parametrize("title", CHANGED)
def test_changes(title: str) -> None:
    before, after, files = CHANGED[title]
    assert run(before, files).source.text == after


@pytest.mark.parametrize("title", UNCHANGED)
def test_stays(title: str) -> None:
    before, files = UNCHANGED[title]
    assert run(before, files).source.text == before


def test_a_manifest_that_the_ignore_file_leaves_out() -> None:
    text = f"FROM python\nWORKDIR /app\nCOPY . .\n{INSTALL}"
    assert run(text, ignore="requirements.txt\n").source.text == text


def test_a_manifest_behind_a_link_is_another_file_when_it_is_copied_by_name(tmp_path: Path) -> None:
    (tmp_path / "real.txt").write_text("flask\n")
    (tmp_path / "requirements.txt").symlink_to("real.txt")
    facts = Evidence({"python": PLAIN}, ListedContext(DiskFolder(tmp_path), IgnoreFile.parse(Source("", ""))))
    text = f"FROM python\nWORKDIR /app\nCOPY . .\n{INSTALL}"
    outcome = rewrite(Source("Dockerfile", text), facts, level="assumed", only=("manifests-first",), strict=True)
    assert outcome.source.text == text


def test_what_is_missing_is_said_with_its_remedy() -> None:
    outcome = run(f"FROM python\nCOPY . /app/\nRUN make\nWORKDIR /app\n{INSTALL}", known=False)
    (offer,) = outcome.offered
    assert any("bakegen lock" in one.supply for one in offer.missing)
    assert not offer.assumable


def test_level_proved_offers_it() -> None:
    text = f"FROM python\nWORKDIR /app\nCOPY . .\n{INSTALL}"
    outcome = rewrite(Source("Dockerfile", text), evidence(FILES, {"python": PLAIN}), only=("manifests-first",))
    assert not outcome.changed
    assert [(one.rewrite, bool(one.edits)) for one in outcome.offered] == [("manifests-first", True)]
