"""Frozen classes of `bakegen.values` are those of the standard library, but for what it costs to define them."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from dataclasses import FrozenInstanceError, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pytest

from bakegen.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class Point:
    """Two of its fields count."""

    x: int
    y: int = 2
    seen: list[str] = field(default_factory=list, compare=False)
    secret: str = field(default="", repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Size:
    """One field: hashed as the standard library does."""

    x: int

    def __post_init__(self) -> None:
        if self.x < 0:
            raise ValueError("less than nothing")


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """Equal to itself alone."""

    name: str


@dataclass(frozen=True, slots=True, eq=False)
class Leaf(Node):
    """A class below another."""

    text: str = "leaf"


@dataclass(frozen=True)
class Named:
    """Without slots, with a way of its own to be shown."""

    name: str

    @cached_property
    def upper(self) -> str:
        return self.name.upper()

    def __repr__(self) -> str:
        return "itself"


@dataclass(frozen=True, slots=True)
class Nothing:
    """No field."""


def as_the_library(cls: type, *, slots: bool = False) -> Any:
    """A class with the same fields from the standard library."""
    fields = []
    for one in dataclasses.fields(cls):
        options: Any = {"repr": one.repr, "compare": one.compare, "default_factory": one.default_factory}
        fields.append((one.name, one.type, field(default=one.default, **options)))
    return dataclasses.make_dataclass(cls.__name__, fields, frozen=True, slots=slots)


@pytest.mark.parametrize("arguments", [(1,), (1, 3), (1, 3, ["a"]), (1, 3, ["a"], "b")])
def test_equality_hash_and_text_are_those_of_the_library(arguments: tuple[Any, ...]) -> None:
    ours, theirs = Point(*arguments), as_the_library(Point, slots=True)(*arguments)
    assert repr(ours) == repr(theirs)
    assert hash(ours) == hash(theirs)
    assert ours == Point(*arguments[:2])
    assert ours != Point(7)
    assert ours != theirs
    assert Point.__match_args__ == theirs.__match_args__


def test_few_fields() -> None:
    assert hash(Size(3)) == hash(as_the_library(Size)(3))
    assert Size(3) == Size(3) != Size(4)
    assert Nothing() == Nothing()
    assert hash(Nothing()) == hash(())
    with pytest.raises(ValueError, match="less than nothing"):
        Size(-1)


def test_defaults_are_made_anew() -> None:
    assert Point(1).seen is not Point(1).seen
    assert Point(x=1, secret="s").secret == "s"


@pytest.mark.parametrize("wrong", [lambda: Point(), lambda: Point(1, 2, [], "", 5), lambda: Point(1, z=2)])  # type: ignore[call-arg]
def test_what_does_not_fit_is_refused(wrong: Callable[[], Point]) -> None:
    for _ in range(2):  # the first time and when the function has been compiled
        with pytest.raises(TypeError, match="__init__"):
            wrong()


@pytest.mark.parametrize("value", [Point(1), Named("a"), Leaf("a")])
@pytest.mark.parametrize("name", ["x", "name", "anything"])
def test_values_are_frozen(value: object, name: str) -> None:
    with pytest.raises(FrozenInstanceError):
        setattr(value, name, 5)
    with pytest.raises(FrozenInstanceError):
        delattr(value, name)


@pytest.mark.parametrize("value", [Point(1, 5, ["a"], "b"), Named("a"), Size(4)])
@pytest.mark.parametrize("way", [copy.copy, copy.deepcopy, lambda one: pickle.loads(pickle.dumps(one)), replace])
def test_values_are_copied(value: object, way: Callable[[Any], object]) -> None:
    again = way(value)
    assert again == value
    assert again is not value
    assert [getattr(again, one.name) for one in dataclasses.fields(again)] == [  # type: ignore[arg-type]
        getattr(value, one.name)
        for one in dataclasses.fields(value)  # type: ignore[arg-type]
    ]


def test_classes_below_others() -> None:
    leaf = Leaf("a")
    assert (leaf.name, leaf.text) == ("a", "leaf")
    assert leaf == leaf
    assert leaf != Leaf("a")
    match leaf:
        case Leaf(name, text):
            assert (name, text) == ("a", "leaf")


def test_slots_and_what_a_class_says_itself() -> None:
    assert not hasattr(Point(1), "__dict__")
    assert Named("a").upper == "A"
    assert repr(Named("a")) == "itself"
    assert replace(Point(1), y=7) == Point(1, 7)
