"""Rule DF255: Python packages without a version."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.rules.model import Example, Finding, Kind, Rule
from bakegen.rules.practice._commands import listed, named_in
from bakegen.rules.practice._pip import installs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.rules.dockerfiles import DockerfileSubject

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(?:\[[\w.,\s-]*\])?")
_TOOLS = frozenset(("pip", "setuptools", "wheel"))
_ARCHIVE = (".whl", ".zip", ".tar.gz", ".tar.bz2", ".txt", ".tgz")
_BOUND = frozenset(("-r", "--requirement", "-c", "--constraint", "--no-index", "-e", "--editable", "--group"))


def _check(subject: DockerfileSubject) -> Iterator[Finding]:
    if named_in(subject, "pip_constraint", "pip_no_index"):
        return
    for install in installs(subject):
        if install.options & _BOUND:
            continue
        loose = [
            word
            for word in install.operands
            if word.literal
            and _NAME.fullmatch(word.text)
            and word.text.partition("[")[0].lower() not in _TOOLS
            and not word.text.endswith(_ARCHIVE)
        ]
        if loose:
            message = f"pip installs whatever version there is of {listed(loose)}"
            yield Finding(loose[0].span, message, f"write {loose[0].text}==VERSION, or use a requirements file")


RULE = Rule(
    code="DF255",
    name="pip-pin",
    summary="Give the versions of Python packages",
    why="Without a version, the newest one of the day is installed: the same Dockerfile gives another image tomorrow, "
    "or none. BuildKit's cache hides that until the RUN has to run again, which is then at a bad moment. Versions "
    "stay on PyPI for good, so a pin costs nothing but keeping it up to date. A file with all dependencies and their "
    "hashes (`pip install --require-hashes -r requirements.txt`) also pins what packages need themselves.\n\nNothing "
    "is reported for `pip`, `setuptools` and `wheel`, which people bring up to date before they install; for bounds "
    "like `flask>=3`, which were thought about; next to `-r`, `-c` and `PIP_CONSTRAINT`, which may pin; and for "
    "files, directories, addresses and variables. It is a note because some images want the newest of a tool.",
    severity=Severity.NOTE,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example("A name alone", "FROM python:3.13\nRUN pip install --no-cache-dir ⟦flask⟧ gunicorn==23.0.0\n"),
        Example(
            "With extras",
            "FROM python:3.13\nRUN python3 -m pip install -U pip '⟦uvicorn[standard]⟧'\n".replace(
                "'⟦uvicorn[standard]⟧'", "⟦'uvicorn[standard]'⟧"
            ),
        ),
        Example("A version", "FROM python:3.13\nRUN pip3 install flask==3.1.0 'click>=8'\n"),
        Example("pip itself", "FROM python:3.13\nRUN pip install --upgrade pip setuptools wheel\n"),
        Example("From a file", "FROM python:3.13\nRUN pip install -r requirements.txt\n"),
        Example(
            "A directory, a file, an address",
            "FROM python:3.13\nRUN pip install . ./a b.whl https://example.com/c.zip\n",
        ),
        Example(
            "An option's value", "FROM python:3.13\nRUN pip install --target lib --index-url mirror flask==3.1.0\n"
        ),
        Example("A commit", "FROM python:3.13\nRUN pip install git+https://github.com/pallets/flask@3.1.0\n"),
        Example("Bound by a file of constraints", "FROM python:3.13\nRUN pip install -c constraints.txt flask\n"),
    ),
    twins=("hadolint:DL3013",),
    words=("pip",),
)
