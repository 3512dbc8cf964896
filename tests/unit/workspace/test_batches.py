"""Many targets in many bakes, with a runner that fails as it is told: rounds, retries, who is blamed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bakegen.building.model import Status
from bakegen.errors import EngineError
from bakegen.workspace.baking import BakeDone, BakeOrder
from bakegen.workspace.batches import TargetDone, bake_all

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

NO = 'process "/bin/sh -c false" did not complete successfully: exit code: 1'
BUSY = "failed to push r/x:y: unexpected status from PUT request to https://r/v2/: 503 Service Unavailable"


class Runner:
    """Bakes without an engine.

    Args:
        failing: how often each target fails, and with what error; it fails for those that build on it too.
        first_only: whether a bake tells of one failure only, as when the others were cancelled before they could fail.
        general: an error that is about no target.
        through: the targets that are through in bakes that fail.
    """

    def __init__(
        self,
        failing: Mapping[str, tuple[int, str]],
        parents: Mapping[str, tuple[str, ...]],
        *,
        first_only: bool = False,
        general: str = "",
        through: str = "",
    ) -> None:
        self.left = {name: times for name, (times, _) in failing.items()}
        self.errors = {name: error for name, (_, error) in failing.items()}
        self.parents = parents
        self.first_only = first_only
        self.general = general
        self.through = through
        self.bakes: list[str] = []
        self.waits: list[float] = []
        self.told: list[str] = []

    def __call__(self, order: BakeOrder, listen: Callable[[str], None]) -> BakeDone:
        self.bakes.append(" ".join(order.targets))
        linked = dict.fromkeys(order.targets)
        for name in [*linked]:
            linked.update(dict.fromkeys(self.parents.get(name, ())))
        errors: dict[str, str] = {}
        for name in sorted(linked):
            if self.left.get(name) and not (errors and self.first_only):
                self.left[name] -= 1
                errors[name] = self.errors[name]
        for name in order.targets:
            for parent in self.parents.get(name, ()):
                if parent in errors:
                    errors[name] = errors[parent]
        if errors or self.general:
            through = {name: {"containerimage.digest": "sha256:0"} for name in self.through.split()}
            return BakeDone(1, through, {} if self.general else errors, self.general)
        facts = {
            name: {"containerimage.digest": f"sha256:{name}", "image.name": f"r/{name}:1,r/{name}:2"} for name in linked
        }
        return BakeDone(0, facts)

    def all(self, targets: str, retries: int = 2, size: int = 40) -> dict[str, TargetDone]:
        order = BakeOrder((Path("docker-bake.json"),), tuple(targets.split()), Path())
        return bake_all(
            order,
            self.parents,
            listener=lambda names: lambda line: None,
            done=lambda result: self.told.append(result.target),
            retried=lambda names, why, seconds: self.bakes.append(f"again {' '.join(names)}: {why[-3:]}"),
            retries=retries,
            size=size,
            run=self,
            wait=self.waits.append,
        )


def statuses(results: dict[str, TargetDone]) -> str:
    short = {Status.BUILT: "+", Status.FAILED: "!", Status.NOT_BUILT: "-"}
    return " ".join(f"{name}{short[result.status]}" for name, result in results.items())


def test_one_bake_where_nothing_fails() -> None:
    runner = Runner({}, {"b": ("a",)})
    results = runner.all("b a c")
    assert runner.bakes == ["a b c"]
    assert [*results] == ["b", "a", "c"]
    assert results["a"] == TargetDone("a", Status.BUILT, "sha256:a", ("r/a:1", "r/a:2"))


def test_others_are_baked_again_without_it() -> None:
    runner = Runner({"b": (9, NO)}, {"c": ("b",), "d": ("c", "a")})
    results = runner.all("a b c d e")
    assert runner.bakes == ["a b c d e", "a e"]
    assert statuses(results) == "a+ b! c- d- e+"
    assert runner.told == ["b", "c", "d", "a", "e"]
    assert results["b"].error == NO
    assert (results["d"].because, results["d"].error) == ("b", f"builds on b, which failed: {NO}")


def test_who_is_through_is_not_baked_again() -> None:
    runner = Runner({"b": (9, NO)}, {"c": ("a",)}, through="a c")
    results = runner.all("a b c d")
    assert runner.bakes == ["a c b d", "d"]
    assert statuses(results) == "a+ b! c+ d+"
    assert results["c"].digest == "sha256:0"


def test_each_round_may_show_one_more() -> None:
    runner = Runner(dict.fromkeys("ace", (9, NO)), {}, first_only=True)
    assert statuses(runner.all("a b c d e")) == "a! b+ c! d+ e!"
    assert runner.bakes == ["a b c d e", "b c d e", "b d e", "b d"]


def test_nothing_is_left() -> None:
    runner = Runner({"a": (9, NO)}, {"b": ("a",)})
    assert statuses(runner.all("a b")) == "a! b-"
    assert runner.bakes == ["a b"]


def test_what_may_pass_is_tried_again() -> None:
    runner = Runner({"a": (2, BUSY)}, {"b": ("a",)})
    assert statuses(runner.all("a b c")) == "a+ b+ c+"
    assert runner.bakes == ["a b c", "again a b: ble", "a b c", "again a b: ble", "a b c"]
    first, second = runner.waits
    assert 1 <= first <= 2 <= second <= 4


def test_not_for_ever_and_not_what_lasts() -> None:
    runner = Runner({"a": (9, BUSY), "b": (9, NO)}, {})
    results = runner.all("a b c", retries=1)
    assert statuses(results) == "a! b! c+"
    assert runner.bakes == ["a b c", "again a: ble", "a c", "c"]
    assert results["a"].error.endswith("503 Service Unavailable")
    runner = Runner({"a": (1, BUSY)}, {})
    assert statuses(runner.all("a b", retries=0)) == "a! b+"
    assert (runner.bakes, runner.waits) == (["a b", "b"], [])


def test_chunks_one_after_the_other() -> None:
    runner = Runner({"b": (9, NO)}, {"e": ("b",)})
    assert statuses(runner.all("a b c d e", size=2)) == "a+ b! c+ d+ e-"
    assert runner.bakes == ["a", "b e", "c d"]


def test_a_parent_that_nobody_asked_for() -> None:
    runner = Runner({"p": (9, NO)}, {"b": ("p",)})
    results = runner.all("a b")
    assert statuses(results) == "a+ b-"
    assert results["b"].because == "p"


def test_what_failed_in_an_earlier_bake_is_not_tried_by_its_children() -> None:
    runner = Runner({"p": (9, NO)}, dict.fromkeys("abc", ("p",)))
    assert statuses(runner.all("p a b c", size=2)) == "p! a- b- c-"
    assert runner.bakes == ["p a"]


def test_blame_that_nobody_can_take() -> None:
    """A linked target that the graph does not know: those that need it show themselves one by one."""
    runner = Runner({"p": (9, NO)}, {"b": ("p",)})

    def unknown(order: BakeOrder, listen: Callable[[str], None]) -> BakeDone:
        ended = runner(order, listen)
        return BakeDone(ended.code, ended.metadata, {n: e for n, e in ended.failures.items() if n == "p"})

    results = bake_all(
        BakeOrder((), ("a", "b", "c"), Path()),
        {},
        listener=lambda names: lambda line: None,
        done=lambda result: None,
        retried=lambda names, why, seconds: None,
        run=unknown,
    )
    assert statuses(results) == "a+ b! c+"
    assert runner.bakes == ["a b c", "a", "b", "c"]


def test_the_engine_is_at_fault() -> None:
    runner = Runner({}, {}, general="Cannot connect to the Docker daemon")
    with pytest.raises(EngineError, match=r"^Cannot connect to the Docker daemon$"):
        runner.all("a b")
    assert runner.bakes == ["a b"]
    runner = Runner({}, {}, general="failed to receive status: rpc error: code = Unavailable")
    with pytest.raises(EngineError, match="Unavailable"):
        runner.all("a b", retries=1)
    assert runner.bakes == ["a b", "again a b: ble", "a b"]
    assert runner.told == []
