"""`dataclass` as in the standard library, cheaper to define where it is frozen; below everything else.

A short command defines more than a hundred frozen classes and makes values of a dozen. The standard library compiles
six functions for each class, a quarter of a millisecond: a third of what `bakegen lint` takes for one file. Here the
functions are shared by all classes, except for ``__init__``, which is compiled when the first value is made.
"""

from __future__ import annotations

import dataclasses
from operator import attrgetter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from dataclasses import dataclass
else:

    def dataclass(cls: type | None = None, /, **options: bool) -> Any:
        """As `dataclasses.dataclass`, for modules that many commands load.

        With ``frozen=True``, which may go with `slots` and `eq` alone, all fields are arguments of ``__init__`` in
        their order; classes below one that is frozen here are frozen here, too. Everything else is handed on.
        """
        if cls is not None or not options.get("frozen") or not options.keys() <= {"frozen", "slots", "eq"}:
            return dataclasses.dataclass(cls, **options)
        return lambda made: _frozen(made, options.get("slots", False), options.get("eq", True))


__all__ = ["dataclass"]


def _frozen(plain: type, slots: bool, eq: bool) -> type:
    cls: type = dataclasses.dataclass(init=False, repr=False, eq=False, slots=slots)(plain)
    own = {name for name, value in plain.__dict__.items() if value is not None}
    fields = dataclasses.fields(cls)
    methods: dict[str, Callable[..., Any]] = {
        "__init__": _init_later(cls),
        "__repr__": _repr,
        "__setattr__": _refuse_to_set,
        "__delattr__": _refuse_to_delete,
    }
    if slots:  # without them a copy is made by way of `__dict__`
        methods |= {"__getstate__": _state, "__setstate__": _restore}
    if eq:
        methods |= _comparing(tuple(field.name for field in fields if field.compare))
    for name, method in methods.items():
        if name not in own:
            setattr(cls, name, method)
    return cls


def _init_later(cls: type) -> Callable[..., None]:
    """What stands for ``__init__`` until it is called for the first time."""

    def __init__(self: object, *args: object, **named: object) -> None:
        init = _init(cls)
        cls.__init__ = init  # type: ignore[misc]
        init(self, *args, **named)

    return __init__


def _init(cls: type) -> Callable[..., None]:
    known: dict[str, Any] = {"_put": object.__setattr__, "_missing": dataclasses.MISSING}
    heads, lines = ["self"], []
    for field in dataclasses.fields(cls):
        name = field.name
        value = name
        if field.default_factory is not dataclasses.MISSING:
            known[f"_make_{name}"] = field.default_factory
            heads.append(f"{name}=_missing")
            value = f"_make_{name}() if {name} is _missing else {name}"
        elif field.default is not dataclasses.MISSING:
            known[f"_default_{name}"] = field.default
            heads.append(f"{name}=_default_{name}")
        else:
            heads.append(name)
        lines.append(f" _put(self, {name!r}, {value})")
    if hasattr(cls, "__post_init__"):
        lines.append(" self.__post_init__()")
    exec(f"def __init__({', '.join(heads)}):\n" + ("\n".join(lines) or " pass"), known)  # as `dataclasses` does
    made: Callable[..., None] = known["__init__"]
    made.__qualname__ = f"{cls.__qualname__}.__init__"
    return made


def _comparing(names: tuple[str, ...]) -> dict[str, Callable[..., Any]]:
    """Equality and hash by these fields, both as `dataclasses` has them."""
    values: Callable[[object], object] = attrgetter(*names) if len(names) > 1 else _tuple_of(names)

    def __eq__(self: object, other: object) -> Any:
        return values(self) == values(other) if other.__class__ is self.__class__ else NotImplemented

    def __hash__(self: object) -> int:
        return hash(values(self))

    return {"__eq__": __eq__, "__hash__": __hash__}


def _tuple_of(names: tuple[str, ...]) -> Callable[[object], object]:
    return lambda self: tuple(getattr(self, name) for name in names)


def _repr(self: Any) -> str:
    shown = ", ".join(f"{field.name}={getattr(self, field.name)!r}" for field in dataclasses.fields(self) if field.repr)
    return f"{self.__class__.__qualname__}({shown})"


def _refuse_to_set(self: object, name: str, value: object) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")


def _refuse_to_delete(self: object, name: str) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")


def _state(self: Any) -> list[object]:
    return [getattr(self, field.name) for field in dataclasses.fields(self)]


def _restore(self: Any, state: list[object]) -> None:
    for field, value in zip(dataclasses.fields(self), state, strict=True):
        object.__setattr__(self, field.name, value)
