"""The frontend's page in the reference names every option that there is."""

from __future__ import annotations

import re
from pathlib import Path

import bakegen
from bakegen.frontend.request import read_policy

PAGE = Path(bakegen.__file__).parent / "docs" / "reference" / "frontend.md"


def test_the_table_has_every_option_in_both_forms() -> None:
    rows = re.findall(r"^\| `--(\w+)=(\S+)` \| `(\w+)` \|", PAGE.read_text(), re.MULTILINE)
    (listed,) = re.findall(r"there are (.*)", read_policy({"cmdline": "image wrong"}).problem)
    assert [f"--{name}=" for name, _, _ in rows] == listed.split(", ")
    for name, value, argument in rows:
        assert argument == f"BAKEGEN_{name.upper()}"
        line = read_policy({"cmdline": f"image --{name}={value}"})
        assert line == read_policy({f"build-arg:{argument}": value})
        assert line.problem == ""
