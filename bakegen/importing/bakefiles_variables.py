"""The variables of bake files: their values at import, and in which texts these stand, so that `vars` can be there."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from bakegen.bakefile.model import Literal, Table
from bakegen.bakefile.targets import BakeModel
from bakegen.bakefile.values import as_text
from bakegen.importing.bakefiles_values import printed_values, with_marks
from bakegen.importing.folding_templates import mark
from bakegen.importing.model import Loss

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from bakegen.bake.meaning import Json
    from bakegen.bakefile.model import Block, Document
    from bakegen.bakefile.values import Value
    from bakegen.importing.model import Wanted
    from bakegen.text import Span

_FEW = 3
_CHANGE = "change what was made of it"
_FIXED = r"the value(?: of the environment)? of the variable (\w+)(?:, .*,)? is fixed now"
_ALIKE = (
    re.compile(r"the variable (\w+) is `vars\.\1` now, .*"),
    re.compile(_FIXED),
    re.compile(_FIXED + r": it is in \*\.args\.\1"),
)
_FIELD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_PROBE = re.compile(r"bakegenq([0-9]+)q")


def place(block: Block, document: Document) -> str:
    """``file:line`` of a block."""
    return f"{document.source.path}:{document.source.position(block.name_span.start)[0]}"


def variables_of(model: BakeModel, environ: Mapping[str, str]) -> dict[str, str]:
    """The variables that have a text, a number or a truth value, as the text that bake gave them."""
    found: dict[str, str] = {}
    for name, (document, block) in model.evaluator.variables.items():
        default = block.attribute("default")
        content = None if default is None else model.evaluator.value(default.value, document.source).content
        text = environ.get(name, as_text(content))
        if text is not None:
            found[name] = text
    return found


def probes(documents: Sequence[Document]) -> dict[str, str]:
    """For each variable with a text as its default another text, which tells where it comes out."""
    return {name: f"bakegenq{at}q" for at, name in enumerate(_texts(documents))}


def _texts(documents: Sequence[Document]) -> list[str]:
    found: dict[str, None] = {}
    for document in documents:
        for block in document.of_kind("variable"):
            default = block.attribute("default")
            text = default.value.value if default is not None and isinstance(default.value, Literal) else None
            if isinstance(text, str) and _FIELD.fullmatch(block.name):
                found[block.name] = None
    return list(found)


class Marks:
    """Where the values of variables stand.

    Told by a second evaluation in which they have other values: buildx's, where there is one, else that of the files
    alone, which knows no loops and not all functions.
    """

    def __init__(
        self, documents: Sequence[Document], probed: Sequence[Mapping[str, Json]], values: Mapping[str, str]
    ) -> None:
        self._names = _texts(documents)
        self._probed = [targets for one in probed if isinstance(targets := one.get("target"), dict)]
        self._meanings = {f"vars.{name}": text for name, text in values.items()}
        self._model = BakeModel([replace(one, blocks=tuple(map(self._marked, one.blocks))) for one in documents])

    def _marked(self, block: Block) -> Block:
        default = block.attribute("default")
        if block.kind != "variable" or block.name not in self._names or default is None:
            return block
        value = Literal(default.value.span, mark(f"vars.{block.name}"))
        kept = (one for one in block.attributes if one.name not in ("default", "type"))
        return replace(block, attributes=(*kept, replace(default, value=value)))

    def on(self, wanted: Wanted) -> Wanted:
        """`wanted` with marks."""
        known: Mapping[str, Value] = {}
        if wanted.name in self._model.targets:
            known = self._model.effective(wanted.name).attributes
        found = {name: with_marks(value, known.get(name), self._meanings) for name, value in wanted.attributes.items()}
        for targets in self._probed:
            probed = printed_values(targets.get(wanted.name))
            plain = wanted.attributes
            found = {name: self._probed_value(one, plain[name], probed.get(name)) for name, one in found.items()}
        return replace(wanted, marked=found) if found != wanted.attributes else wanted

    def _probed_value(self, marked: Json, plain: Json, probed: Json) -> Json:
        """`marked`, or where it has no marks those that buildx's second evaluation shows."""
        if marked != plain and isinstance(plain, str):
            return marked
        if isinstance(plain, str) and isinstance(probed, str):
            text = _PROBE.sub(lambda one: mark(f"vars.{self._names[int(one[1])]}"), probed)
            meant = _PROBE.sub(lambda one: self._meanings.get(f"vars.{self._names[int(one[1])]}", ""), probed)
            return text if meant == plain else plain
        if isinstance(plain, dict) and isinstance(probed, dict) and isinstance(marked, dict):
            return {key: self._probed_value(marked.get(key), one, probed.get(key)) for key, one in plain.items()}
        if isinstance(plain, list) and isinstance(probed, list) and isinstance(marked, list):
            three = (plain, probed, marked)
            if len({len(one) for one in three}) == 1 and all(isinstance(one, str) for one in plain):
                return [self._probed_value(c, a, b) for a, b, c in zip(*three, strict=True)]
        return marked


def used(targets: Sequence[Wanted], names: Sequence[str]) -> set[str]:
    """The variables that have marks in a text of a target."""
    told = json.dumps([dict(one.marked) for one in targets], ensure_ascii=False)
    return {name for name in names if mark(f"vars.{name}") in told}


def about(
    model: BakeModel,
    values: Mapping[str, str],
    marked: set[str],
    targets: Sequence[Wanted],
    environ: Mapping[str, str],
    names: Mapping[str, str],
) -> list[Loss]:
    """What is told of each variable that is used; `names` are the new ones of targets."""
    found: list[Loss] = []
    families = {target.family for target in targets}
    for name, (document, block) in model.evaluator.variables.items():
        where = place(block, document)
        source = " of the environment" if name in environ else ""
        axes = list(_axes(model, name, families))
        if name in marked:
            what = f"the variable {name} is {as_field(name)} now, where its value{source} stands in a text"
            found.append(Loss(where, what, f"`--set '*.vars.{name}=VALUE'` sets it for one run"))
        elif axes:
            what = f"the variable {name} is {' and '.join(axes)} now"
            found.append(Loss(where, what, "a further value is one more element in its image.yaml"))
        elif any(one.names.get(name) for one in model.documents):
            value = f", {values[name]}," if values.get(name) else ""
            places = list(dict.fromkeys(_places(model, name, names)))
            into = f": it is in {', '.join(places[:_FEW])}" if places else ""
            more = f" and {len(places) - _FEW} more" if len(places) > _FEW else ""
            what = f"the value{source} of the variable {name}{value} is fixed now{into}{more}"
            instead = f"`--set '{places[0]}=VALUE'` sets what it made" if places else _CHANGE
            found.append(Loss(where, what, instead))
    return found


def as_field(name: str) -> str:
    """The variable as the definitions have it."""
    return f"`vars.{name}`"


def _axes(model: BakeModel, variable: str, families: set[str]) -> Iterator[str]:
    """The axes whose values are those of a variable."""
    for label, (block, _) in model.matrices.items():
        attribute = block.attribute("matrix")
        if attribute is not None and label in families:
            value = model.evaluator.value(attribute.value, model.documents[0].source)
            for axis, one in value.fields.items():
                if variable in one.variables:
                    yield f"the axis `{axis}` of {label}"


def _places(model: BakeModel, variable: str, names: Mapping[str, str]) -> Iterator[str]:
    """The fields of targets in whose expressions a variable is written."""
    for document in model.documents:
        uses = document.names.get(variable, ())
        for block in document.of_kind("target"):
            # In what others inherit, a value is part of all of these.
            name = "*" if block.name.startswith("_") else names.get(block.name, block.name)
            for attribute in block.attributes:
                if attribute.name in ("matrix", "name", "cache-from", "cache-to"):
                    continue
                fields = attribute.value.fields if isinstance(attribute.value, Table) else ()
                for one in fields:
                    if _within(uses, one.value.span) and isinstance(one.key, Literal):
                        yield f"{name}.{attribute.name}.{one.key.value}"
                if not fields and _within(uses, attribute.span):
                    yield f"{name}.{attribute.name}"


def _within(uses: Sequence[Span], whole: Span) -> bool:
    return any(whole.start <= use.start < whole.end for use in uses)


def in_registry(notes: Sequence[Loss], names: Mapping[str, str], registry: str) -> tuple[Loss, ...]:
    """Notes of variables as `about` has them, for those that no field has in the end.

    Args:
        notes: all of them.
        names: these variables with their values; one within `registry` became a part of it.
        registry: of the project, "" for none.
    """
    found: list[Loss] = []
    for note in notes:
        name = next((one for one in names if f"is {as_field(one)} now" in note.what), None)
        if name is not None and names[name] and names[name] in registry:
            what = f"the variable {name} is `registry` of bakegen.yaml now, {registry}"
            note = Loss(note.origin, what, "`--registry HOST/PATH` or BAKEGEN_REGISTRY sets it for one run")
        elif name is not None:
            note = Loss(note.origin, f"the value of the variable {name} is fixed now", _CHANGE)
        found.append(note)
    return tuple(found)


def summed_up(notes: Sequence[Loss]) -> tuple[Loss, ...]:
    """`notes` with one in place of several that say the same of many variables of a file."""
    alike: dict[tuple[str, str], list[tuple[str, Loss]]] = {}
    for note in notes:
        for kind in _ALIKE:
            if name := kind.fullmatch(note.what):
                path = note.origin.rpartition(":")[0]
                alike.setdefault((path, note.instead.replace(f".{name[1]}=", ".NAME=")), []).append((name[1], note))
    whole: dict[Loss, Loss | None] = {}
    for (path, instead), several in alike.items():
        if len(several) >= _FEW:
            *most, last = (name for name, _ in several)
            told = f"{', '.join(most)} and {last}"
            what = f"the values of the variables {told} are fixed now"
            if "*.vars" in instead:
                what = f"the variables {told} are `vars` of these names now, where their values stand in texts"
            elif instead != _CHANGE:
                what += ": they are in `*.args` of these names"
            whole |= dict.fromkeys((note for _, note in several[1:]), None)
            whole[several[0][1]] = Loss(path, what, instead)
    return tuple(one for note in notes if (one := whole.get(note, note)) is not None)
