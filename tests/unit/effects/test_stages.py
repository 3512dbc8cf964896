"""What is known at each step of a stage, and what instructions read and write."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from bakegen.dockerfile import read
from bakegen.effects.model import Tier
from bakegen.effects.places import ANYWHERE, entry, tree
from bakegen.effects.stages import analyse
from bakegen.text import Source
from tests.unit.rewrites.evidence import PLAIN, evidence

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bakegen.effects.stages import StageView, StepView
    from bakegen.facts.model import PlatformFacts

FILES = {"a.txt": "a\n", "src/main.py": "x\n", "src/deep/mod.py": "y\n", "link": "-> /etc", "lib/l": "-> ../src"}
BASES = {"debian": PLAIN}


def stages(
    text: str,
    files: Mapping[str, str] | None = FILES,
    bases: Mapping[str, PlatformFacts] = BASES,
    *,
    fixed: bool = False,
) -> tuple[StageView, ...]:
    found = evidence(files, bases)
    resolved = read(Source("Dockerfile", text)).resolve(images={name: one.image for name, one in found.bases.items()})
    assert resolved.ok, resolved.diagnostics
    return analyse(resolved, found, fixed=fixed)


def last(text: str, **more: object) -> StepView:
    return stages(text, **more)[-1].steps[-1]  # type: ignore[arg-type]


def test_copy_of_a_file_into_a_directory() -> None:
    effect = last("FROM debian\nWORKDIR /app\nCOPY a.txt ./\n").effect
    assert effect.writes == {tree("/app/a.txt")}
    assert effect.ensures == {"/app"}
    assert effect.asks == {"directory"}
    assert effect.tier is Tier.FACTS and not effect.assumes


def test_copy_of_a_directory_writes_what_is_in_it() -> None:
    effect = last("FROM debian\nCOPY src /app/code\n").effect
    assert effect.writes == {tree("/app/code/main.py"), tree("/app/code/deep")}
    assert effect.ensures == {"/app", "/app/code"} and not effect.reads


def test_without_a_listing_all_of_the_destination_is_written() -> None:
    assert last("FROM debian\nCOPY src /app/\n", files=None).effect.writes == {tree("/app")}
    assert last("FROM debian\nADD src /app/\n").effect.writes == {tree("/app")}


def test_an_owner_makes_parents_a_write() -> None:
    effect = last("FROM debian\nCOPY --chown=1000:1000 a.txt /srv/data/\n").effect
    assert not effect.ensures and entry("/srv/data") in effect.writes
    assert entry("/etc/passwd") not in effect.reads
    assert entry("/etc/passwd") in last("FROM debian\nCOPY --chown=app a.txt /srv/\n").effect.reads


def test_a_destination_that_the_command_line_decides_may_be_anywhere() -> None:
    text = "FROM debian\nARG where=/app\nCOPY a.txt $where/\n"
    assert last(text).effect.writes == {ANYWHERE}
    assert last(text, fixed=True).effect.writes == {tree("/app/a.txt")}
    assert last("FROM debian\nENV where=/app\nCOPY a.txt $where/\n").effect.writes == {tree("/app/a.txt")}


def test_a_variable_of_an_unknown_base_is_not_sure() -> None:
    assert last("FROM other\nCOPY a.txt $WHERE/\n").effect.writes == {ANYWHERE}
    assert last("FROM debian\nCOPY a.txt $WHERE/\n").effect.writes != {ANYWHERE}


def test_links_of_the_base_are_followed() -> None:
    assert last("FROM debian\nCOPY a.txt /bin/\n").effect.writes == {tree("/usr/bin/a.txt")}


def test_links_from_the_context_make_paths_below_them_unsure() -> None:
    text = "FROM debian\nCOPY . /app/\nCOPY a.txt {}\n"
    assert last(text.format("/app/x/")).effect.tier is Tier.FACTS
    assert last(text.format("/app/link/")).effect.tier is Tier.KNOWLEDGE
    assert last(text.format("/app/lib/l/")).effect.tier is Tier.KNOWLEDGE


def test_an_unknown_base_leaves_every_path_unsure() -> None:
    effect = last("FROM other\nCOPY a.txt /app/\n").effect
    assert effect.tier is Tier.KNOWLEDGE
    assert effect.assumes == ("no symbolic link stands on the way to /app",)


def test_a_run_that_is_not_understood_may_have_made_links() -> None:
    assert last("FROM debian\nRUN ./configure\nCOPY a.txt /app/\n").effect.tier is Tier.KNOWLEDGE


def test_workdir_makes_directories_for_root_and_owned_ones_for_others() -> None:
    assert last("FROM debian\nWORKDIR /app/x\n").effect.ensures == {"/app", "/app/x"}
    effect = last("FROM debian\nUSER nobody\nWORKDIR /app\n").effect
    assert not effect.ensures and effect.writes == {entry("/app")}
    # Whether the user of an unknown base is root is not known.
    assert last("FROM other\nWORKDIR /app\n").effect.writes == {entry("/app")}


def test_what_came_from_the_context_is_known_until_it_is_written_again() -> None:
    around = stages("FROM debian\nWORKDIR /app\nCOPY . .\n")[0].after
    text = around.text("src/main.py")
    assert text is not None and text.text == "x\n"
    assert around.origin("/app/src/deep") == "src/deep"
    assert around.text("/app/none") is None and around.absent("/app/none")
    assert not around.absent("/app/a.txt")
    later = stages("FROM debian\nCOPY . /app/\nCOPY --from=other /x /app/src/\n")[0].after
    assert later.text("/app/src/main.py") is None
    assert later.text("/app/a.txt") is not None
    assert not later.absent("/app/src/none")


def test_the_last_copy_of_a_path_counts() -> None:
    around = stages("FROM debian\nCOPY src /app/\nCOPY a.txt /app/main.py\n")[0].after
    found = around.text("/app/main.py")
    assert found is not None and found.text == "a\n"


def test_a_child_stage_goes_on_where_its_base_ended() -> None:
    views = stages("FROM debian AS one\nENV A=1\nWORKDIR /app\nCOPY a.txt .\nFROM one\nCOPY src src\n")
    assert views[0].children == (1,)
    step = views[1].steps[-1]
    assert step.around.directory == "/app" and step.around.value("A") == "1"
    assert step.around.text("a.txt") is not None


@pytest.mark.parametrize("name", ["TARGETARCH", "BUILDPLATFORM", "http_proxy"])
def test_what_the_client_gives_is_never_sure(name: str) -> None:
    assert last(f"FROM debian\nARG {name}\nCOPY a.txt /app/${name}/\n", fixed=True).effect.writes == {ANYWHERE}


def test_a_from_that_the_command_line_decides_has_no_facts() -> None:
    text = "ARG base=debian\nFROM $base\nCOPY a.txt /app/\n"
    assert last(text).effect.tier is Tier.KNOWLEDGE
    assert last(text, fixed=True).effect.tier is Tier.FACTS


def test_root_by_the_base_image() -> None:
    bases = {"debian": replace(PLAIN, user="nobody")}
    around = stages("FROM debian\nCOPY a.txt /app/\n", bases=bases)[0].after
    assert not around.is_root and around.home == "/nonexistent"


def test_entrypoint_may_clear_the_command() -> None:
    effect = last('FROM debian\nENTRYPOINT ["x"]\n').effect
    assert {"command", "entrypoint"} <= effect.changes and not effect.asks
    assert last("FROM debian\nCMD x\n").effect.asks == {"shell"}
