"""Pages that are made from code are what the code makes; `--update-golden` makes them anew."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bakegen.cli import reference as commands
from bakegen.cli import reference_rewrites as rewrites
from bakegen.cli.main import COMMANDS
from bakegen.errors import ExitCode
from bakegen.rewrites.driver import rewrites as every_rewrite
from tests.docs.pages import DOCS, ROOT
from tests.golden_files import Golden

if TYPE_CHECKING:
    from collections.abc import Mapping

REFERENCE = DOCS / "reference"


def assert_current(made: Mapping[str, str], folder: str, golden: Golden) -> None:
    """The files of one folder and those beside it are `made`; others beside it are not looked at."""
    inside = {name.removeprefix(f"{folder}/"): text for name, text in made.items() if name.startswith(f"{folder}/")}
    Golden(REFERENCE, golden.update).check(folder, inside)
    for name in set(made) - {f"{folder}/{one}" for one in inside}:
        if golden.update:
            (REFERENCE / name).write_text(made[name])
        kept = (REFERENCE / name).read_text("utf-8")
        assert kept == made[name], f"{name} is not what the code makes: pytest --update-golden"


def test_the_pages_of_commands_are_current(golden: Golden) -> None:
    made = commands.pages()
    assert {f"commands/{name}.md" for name in COMMANDS} <= set(made)
    assert_current(made, "commands", golden)


def test_every_exit_code_has_a_meaning() -> None:
    text = commands.exit_codes(commands.contexts())
    assert all(f"\n| {int(code)} | " in text for code in ExitCode)


def test_the_pages_of_rewrites_are_current(golden: Golden) -> None:
    assert_current(rewrites.pages(every_rewrite()), "rewrites", golden)


def test_every_variable_of_bakegen_is_told() -> None:
    found = set()
    for path in (ROOT / "bakegen").rglob("*.py"):
        found |= set(re.findall(r"(?<!_)\bBAKEGEN_[A-Z_]*[A-Z]\b", path.read_text("utf-8")))
    page = (REFERENCE / "environment.md").read_text("utf-8")
    told = set(re.findall(r"BAKEGEN_[A-Z_]*[A-Z]\b", page))
    assert found - told - {"BAKEGEN_DIGEST_APP", "BAKEGEN_DIGEST_MY__APP"} == set()
