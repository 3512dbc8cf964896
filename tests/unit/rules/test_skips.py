"""Comments of BuildKit's that silence its checks: for the file, and for one instruction."""

from __future__ import annotations

import pytest

from bakegen.rules.check import check_dockerfile
from bakegen.rules.config import Config
from bakegen.rules.dockerfiles import DockerfileSubject
from bakegen.text import Source

COMMAND = "CMD server --port 80\n"


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        (f"FROM busybox\n{COMMAND}", ["BK107"]),
        (f"# check=skip=JSONArgsRecommended\nFROM busybox\n{COMMAND}", []),
        (f"# check=skip=all\nFROM busybox\n{COMMAND}", []),
        (f"FROM busybox\n# check=skip=JSONArgsRecommended for now\n{COMMAND}", []),
        (
            f"FROM busybox\n#  check = skip=JSONArgsRecommended,MaintainerDeprecated;x=1\n{COMMAND}",
            [],
        ),
        (f"FROM busybox\n# check=skip=JSONArgsRecommended\nUSER nobody\n{COMMAND}", ["BK107"]),
        (f"FROM busybox\n # check=skip=JSONArgsRecommended\n{COMMAND}", ["BK107"]),
        (f"FROM busybox\n# check=skip=MaintainerDeprecated\n# check=skip=all\n{COMMAND}", ["BK107"]),
    ],
)
def test_skips(text: str, codes: list[str]) -> None:
    """The comment stands directly above the instruction, not indented, and only the first one counts."""
    config = Config(select=("GE", "BK"))
    found = check_dockerfile(DockerfileSubject(Source("Dockerfile", text)), config)
    assert [one.rule.code for one in found] == codes
