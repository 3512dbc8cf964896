"""When two effects conflict, and how sure it is that they do not."""

from __future__ import annotations

import pytest

from bakegen.effects.commute import commute, commute_all
from bakegen.effects.model import CommandEffect, Effect, Names, Tier, conflict, opaque
from bakegen.effects.places import entry, tree


def copy(path: str, **more: object) -> Effect:
    return Effect(writes=frozenset((tree(path),)), **more)  # type: ignore[arg-type]


ARG = Effect(sets=frozenset(("SHA",)))
READER = Effect(variables=Names.of("SHA"))
PREFIX = Effect(variables=Names.of("SH*"))
RUN = Effect(
    reads=frozenset((entry("/bin/sh"),)),
    writes=frozenset((tree("/data"),)),
    variables=Names.of("PATH"),
    tier=Tier.KNOWLEDGE,
    assumes=("mkdir is what it is called",),
    commands=(CommandEffect(),),
)


@pytest.mark.parametrize(
    ("first", "second", "part"),
    [
        (ARG, READER, "variable SHA"),
        (ARG, PREFIX, "variable SHA"),
        (ARG, opaque("make"), "cannot be understood: make"),
        (ARG, ARG, "both set the variable SHA"),
        (copy("/a"), copy("/a/b"), "/a"),
        (copy("/data/x"), RUN, "/data"),
        (copy("/bin"), RUN, "/bin"),
        (copy("/x"), opaque("make"), "not known: make"),
        (Effect(changes=frozenset(("user",))), Effect(asks=frozenset(("user",))), "changes the user"),
        (Effect(changes=frozenset(("command",))), Effect(changes=frozenset(("command",))), "both change the command"),
        (Effect(ensures=frozenset(("/a",))), Effect(reads=frozenset((entry("/a"),))), "directory /a"),
        (Effect(ensures=frozenset(("/a/b",))), Effect(reads=frozenset((tree("/a"),))), "directory /a/b"),
        (Effect(ensures=frozenset(("/a",))), Effect(writes=frozenset((entry("/a"),))), "/a"),
    ],
)
def test_conflict(first: Effect, second: Effect, part: str) -> None:
    for found in (conflict(first, second), conflict(second, first)):
        assert found is not None and part in found


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (ARG, copy("/a")),
        (ARG, RUN),
        (ARG, Effect(sets=frozenset(("OTHER",)))),
        (copy("/a"), copy("/b")),
        (copy("/a"), RUN),
        (Effect(ensures=frozenset(("/a",))), Effect(ensures=frozenset(("/a", "/a/b")))),
        (Effect(ensures=frozenset(("/a",))), Effect(writes=frozenset((tree("/a/b"),)), ensures=frozenset(("/a",)))),
        (Effect(ensures=frozenset(("/a",))), Effect(reads=frozenset((entry("/a/b"),)))),
        (Effect(changes=frozenset(("label a",))), Effect(changes=frozenset(("label b",)))),
    ],
)
def test_no_conflict(first: Effect, second: Effect) -> None:
    assert conflict(first, second) is None
    assert conflict(second, first) is None


def test_a_claim_is_as_weak_as_what_it_rests_on() -> None:
    assert commute(ARG, copy("/a")).tier is Tier.SEMANTICS
    assert commute(ARG, RUN).tier is Tier.KNOWLEDGE
    assert commute(ARG, RUN).assumes == RUN.assumes
    weak = copy("/a", tier=Tier.KNOWLEDGE, assumes=("no link stands at /a",))
    assert commute(weak, copy("/b")).tier is Tier.KNOWLEDGE
    assert commute(Effect(changes=frozenset(("label a",))), RUN).tier is Tier.SEMANTICS
    both = commute_all((ARG, weak), RUN)
    assert both.reason is None and set(both.assumes) == {*RUN.assumes, *weak.assumes}
    assert commute_all((ARG, weak), READER).reason is not None


def test_names() -> None:
    names = Names.of("A", "PIP_*")
    assert "A" in names and "PIP_X" in names and "PIP" not in names and "B" not in names
    assert names.met_by(["Z", "PIP_B", "PIP_A"]) == "PIP_A"
    assert "Z" in (names | Names(everything=True))
    assert None not in names
