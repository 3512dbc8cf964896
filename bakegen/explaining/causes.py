"""Why a step is not found in the cache any more: the inputs that differ, by name; used by `compare`.

Values of arguments and variables are never told, only their names: they may be secrets.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bakegen.explaining.texts import without_digest
from bakegen.plan.names import split_reference

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from bakegen.explaining.model import ChainStep, Files, Origin, StageChain

_FILES = 3
_CAUSES = 4
_LONGEST = 70
_DIGEST = len("sha256:") + 12


@dataclass(frozen=True, slots=True)
class Cause:
    """One input that differs.

    Attributes:
        kind: ``file``, ``argument``, ``variable``, ``instruction``, ``setting``, ``base``, ``source`` (what files are
            copied or mounted from), ``stage``, ``target`` or ``build``.
        name: which one of that kind: a path, an argument, an image, an instruction; "" where there is only one.
        what: what became of it: ``changed``, ``added``, ``removed``, or a clause.
    """

    kind: str
    name: str
    what: str

    @property
    def text(self) -> str:
        """The cause in a few words."""
        kind = "" if self.kind in ("file", "instruction", "setting", "build", "source") else self.kind
        return " ".join(part for part in (kind, self.name, self.what) if part)


def summary(causes: Sequence[Cause]) -> str:
    """Several causes on one line: the first few, and how many more there are."""
    files = [one for one in causes if one.kind == "file"]
    others = [one for one in causes if one.kind != "file"]
    said = [one.text for one in others[:_CAUSES]]
    if len(others) > _CAUSES:
        said.append(f"{len(others) - _CAUSES} more changes")
    said += [one.text for one in files[:_FILES]]
    if len(files) > _FILES:
        said.append(f"{len(files) - _FILES} more file{'s' if len(files) > _FILES + 1 else ''}")
    return ", ".join(said)


def step_causes(step: ChainStep, at: int, new: StageChain, old: StageChain | None) -> tuple[Cause, ...]:
    """Why a step differs that begins where a step of the old side began.

    Args:
        step: the step, the one at `at` of the stage `new`.
        old: the same stage on the old side; None where there was none.
    """
    if step.always:
        return (Cause("build", "", step.always),)
    if old is None:
        return (Cause("stage", new.label, "is new"),)
    same = [one for one in old.steps if one.text == step.text]
    here = [one for one in old.steps if one.base.strict == step.base.strict]
    there = next((one for one in same if one in here), None)
    if there is not None:
        return tuple(input_causes(step, there)) or (Cause("instruction", "", "its inputs changed"),)
    before = here[0] if len(here) == 1 else old.steps[at] if at < len(old.steps) else None
    if before is None:
        return (Cause("instruction", "", "the instruction is new"),)
    return (_other_instruction(step, before, new.steps[at + 1 :], bool(same)),)


def base_causes(new: StageChain, old: StageChain | None) -> tuple[Cause, ...]:
    """Why all of a stage differs: what it is built on."""
    if old is None:
        return (Cause("stage", new.label, "is new"),)
    return (_origin("base", new.base, old.base),)


def _other_instruction(step: ChainStep, before: ChainStep, later: Iterable[ChainStep], was_there: bool) -> Cause:
    kept = any(one.text == before.text for one in later)
    if was_there:
        what = "the instruction moved" if kept else f"`{clipped(before.shown)}` before it was removed"
        return Cause("instruction", "", what)
    if kept:
        return Cause("instruction", "", "the instruction is new")
    if step.shown == before.shown:
        return Cause("instruction", "", "white space in it changed, which counts in RUN")
    return Cause("instruction", "", f"it was `{clipped(before.shown)}`")


def input_causes(step: ChainStep, old: ChainStep) -> Iterator[Cause]:
    """The inputs of two steps that differ, whatever the steps build on."""
    names = {kind: _of_kind(step, kind) for kind in ("variable", "setting", "operation", "order")}
    before = {kind: _of_kind(old, kind) for kind in names}
    operations = _differing(before["operation"], names["operation"])
    for name, what in _differing(before["variable"], names["variable"]):
        yield Cause("argument" if name in step.arguments | old.arguments else "variable", name, what)
    if before["order"] != names["order"] and before["variable"] == names["variable"]:
        yield Cause("variable", "", "order changed: ENV and ARG give the same values in another order")
    for name, what in _differing(before["setting"], names["setting"]):
        yield Cause("setting", f"the setting {name}", what)
    seen = list(_differing(old.seen, step.seen)) if operations and not names["variable"] else []
    for name, what in seen:
        yield Cause("argument" if name in step.arguments | old.arguments else "variable", name, what)
    for name, what in operations if not seen else ():
        yield Cause("setting", _operation(name), what)
    for source in dict.fromkeys((*old.files, *step.files)):
        for path, what in file_changes(old.files.get(source, {}), step.files.get(source, {})):
            yield Cause("file", path, what)
    for one, other in zip(step.sources, old.sources, strict=False):
        if one.state.strict != other.state.strict:
            yield _origin("source", one, other)


def _operation(name: str) -> str:
    known = {"directory": "the directory", "user": "USER", "shell": "SHELL", "mounts": "its mounts"}
    return known.get(name, f"its {name}")


def _of_kind(step: ChainStep, kind: str) -> dict[str, str]:
    return {name: value for (one, name), value in step.own.items() if one == kind}


def file_changes(old: Files, new: Files) -> Iterator[tuple[str, str]]:
    """The paths that differ, and what became of each."""
    for path, what in _differing(old, new):
        if what == "changed":
            mode, _, content = old[path].partition(" ")
            now, _, after = new[path].partition(" ")
            what = "mode changed" if content == after and mode != now else what
        yield path, what


def _differing(old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name in sorted(old.keys() | new.keys()):
        if name not in old:
            yield name, "added"
        elif name not in new:
            yield name, "removed"
        elif old[name] != new[name]:
            yield name, "changed"


def _origin(kind: str, new: Origin, old: Origin) -> Cause:
    """What became of what a stage is built on, or files come from."""
    name, before = (without_digest(one.name) if one.kind == "image" else one.name for one in (new, old))
    if (new.kind, name) != (old.kind, before):
        return Cause(kind, name, f"instead of {before}")
    if new.kind == "image":
        return Cause(kind, name, _reference(new.reference, old.reference))
    if new.kind == "folder":
        return Cause(kind, new.name, "changed")
    return Cause(new.kind, new.name, "runs again")


def _reference(new: str, old: str) -> str:
    name, _, digest = split_reference(new)
    before, _, earlier = split_reference(old)
    if new == old:
        return "for another platform"
    if name == before and digest and earlier:
        return f"has digest {digest[:_DIGEST]} instead of {earlier[:_DIGEST]}"
    return f"is {new} instead of {old}"


def clipped(text: str, longest: int = _LONGEST) -> str:
    """The beginning of a text that is too long."""
    return text if len(text) <= longest else f"{text[: longest - 1]}…"
