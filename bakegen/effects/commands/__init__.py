"""The models of commands: one small module each, found by its `NAMES`; `effect` asks the one that fits.

A module here has `NAMES`, `EXAMPLES` and `effect(call)` (see `bakegen.effects.call.Model`). It is found by being here:
the list of names is made from the modules (``pytest --update-golden``). It is loaded when one of its commands is met:
to load them all takes longer than to look at a Dockerfile, and most Dockerfiles call a handful of programs.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from functools import cache
from typing import TYPE_CHECKING, cast

from bakegen.effects.commands._names import MODULES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bakegen.effects.call import Argument, Call, Model
    from bakegen.effects.model import CommandEffect

_PYTHON = re.compile(r"python([23](\.\d+)?)?")
_PYTHON_FLAGS = frozenset(("-u", "-B", "-E", "-s", "-I", "-O", "-OO", "-q", "-b"))


@cache
def _load(module: str) -> Model:
    return cast("Model", importlib.import_module(f"{__name__}.{module}"))


def knows(name: str) -> bool:
    """Whether a command has a model, which is not loaded for that."""
    return name in MODULES


def model_of(name: str) -> Model | None:
    """The model of a command, loaded now if it was not yet; None where there is none."""
    module = MODULES.get(name)
    return _load(module) if module is not None else None


@cache
def models() -> Mapping[str, Model]:
    """All models by the names that they are for: loads each of them."""
    found: dict[str, Model] = {}
    for module in sorted(pkgutil.iter_modules(__path__), key=lambda one: one.name):
        if module.name.startswith("_"):
            continue
        model = _load(module.name)
        for name in getattr(model, "NAMES", ()):
            assert name not in found, f"two models for {name}"
            found[name] = model
    return found


def names_text() -> str:
    """The text of the list of names as it should be."""
    found = {}
    for module in pkgutil.iter_modules(__path__):
        if not module.name.startswith("_"):
            found.update(dict.fromkeys(_load(module.name).NAMES, module.name))
    lines = [f'    "{name}": "{module}",' for name, module in sorted(found.items())]
    head = '"""The module of the model of every command; made from the models, see `names_text`."""\n\nMODULES = {'
    return "\n".join([head, *lines, "}\n"])


def named(program: str, arguments: tuple[Argument, ...]) -> tuple[str, tuple[Argument, ...]]:
    """The name and arguments that a model sees: without the directory, ``python3 -m pip`` as ``pip``."""
    name = program.rpartition("/")[2]
    if _PYTHON.fullmatch(name):
        rest = list(arguments)
        while rest and rest[0].text in _PYTHON_FLAGS:
            rest.pop(0)
        if len(rest) > 1 and rest[0].text == "-m" and rest[1].text in MODULES:
            return rest[1].text or "", tuple(rest[2:])
    return name, arguments


def effect(call: Call) -> CommandEffect | str:
    """The effect of a command, or the reason (a clause) why it is not understood."""
    model = model_of(call.name)
    if model is None:
        return "nothing is known of it"
    from bakegen.effects.access import Opaque  # which takes a while to load; who asks for names needs none of it

    try:
        return model.effect(call)
    except Opaque as reason:
        return reason.reason
