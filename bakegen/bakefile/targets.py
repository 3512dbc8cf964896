"""Targets and groups of bake files: matrices made, definitions merged, attributes inherited, as bake does it.

Follows ``bake/bake.go`` of buildx: `GetEvalContexts`, `GetName`, `ParseFiles`, `Merge` and `target`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from bakegen.bakefile.evaluation import Evaluator
from bakegen.bakefile.values import UNKNOWN, Content, Value
from bakegen.definition.attributes import ATTRIBUTES, Merge

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bakegen.bakefile.model import Block, Document
    from bakegen.text import Source, Span

MAX_TARGETS = 5_000


@dataclass(frozen=True)
class Definition:
    """What one block says about one target; `attributes` are those that are set, null ones are not."""

    block: Block
    source: Source
    attributes: Mapping[str, Value]


@dataclass
class Target:
    """A target with all its definitions, in the order in which bake merges them.

    Attributes:
        name: its name.
        definitions: all blocks that make it.
        matrix: the label of the block where a matrix made it.
    """

    name: str
    definitions: list[Definition] = field(default_factory=list)
    matrix: str = ""

    @property
    def own(self) -> Mapping[str, Value]:
        """The attributes that its definitions set together."""
        found: dict[str, Value] = {}
        for one in self.definitions:
            merge_into(found, one.attributes)
        return found


@dataclass(frozen=True)
class Group:
    """A group; `members` is what its `targets` say, None for the group of a matrix."""

    name: str
    block: Block
    source: Source
    members: Value | None
    made: tuple[str, ...] = ()

    def names(self) -> list[tuple[str, Value | None]]:
        """The members whose names are known, with their places."""
        found: list[tuple[str, Value | None]] = [(name, None) for name in self.made]
        for item in self.members.items if self.members is not None else ():
            if item.text is not None:
                found.append((item.text, item))
        return found


@dataclass(frozen=True)
class Effective:
    """The attributes of a target with all that it inherits; where `sure` is not set, others may be there, too."""

    attributes: Mapping[str, Value]
    sure: bool

    def get(self, name: str) -> Value | None:
        """The value of an attribute; None where it is not there or not known."""
        found = self.attributes.get(name)
        return found if found is not None and found.known else None

    def lacks(self, name: str) -> bool:
        """Whether an attribute is surely not there, or empty."""
        found = self.attributes.get(name)
        return self.sure if found is None else found.content in ((), "", {})


class BakeModel:
    """What bake makes of documents that it reads together.

    Attributes:
        documents: the files, in the order in which bake reads them.
        evaluator: what gives expressions their values.
        targets: by name, in the order of the files.
        groups: by name; where one is defined twice, bake keeps the last.
        complete: whether the names of all targets and groups are known.
    """

    def __init__(self, documents: Sequence[Document]) -> None:
        self.documents = tuple(documents)
        self.evaluator = Evaluator(documents)
        self.targets: dict[str, Target] = {}
        self.groups: dict[str, Group] = {}
        self.complete = True
        self.matrices: dict[str, tuple[Block, list[str]]] = {}
        self._effective: dict[str, Effective] = {}
        for document in documents:
            for block in document.blocks:
                if block.kind == "target":
                    self._target(block, document.source)
                elif block.kind == "group":
                    self._group(block, document.source)
        for label, (block, made) in self.matrices.items():
            if made != [label] and label not in self.groups:
                self.groups[label] = Group(label, block, documents[0].source, None, tuple(made))

    def _value(self, block: Block, name: str, source: Source, scope: Mapping[str, Value]) -> Value | None:
        found = block.attribute(name)
        return None if found is None else self.evaluator.value(found.value, source, scope)

    def _target(self, block: Block, source: Source) -> None:
        matrix = self._value(block, "matrix", source, {})
        if matrix is None:
            self._define(block.name, block, source, {}, "")
            return
        scopes = _scopes(matrix)
        if scopes is None:
            self.complete = False
            return
        for scope in scopes:
            name = self._value(block, "name", source, scope)
            text = block.name if name is None else name.text
            if text is None or len(self.targets) >= MAX_TARGETS:
                self.complete = False
                continue
            self.matrices.setdefault(block.name, (block, []))[1].append(text)
            self._define(text, block, source, scope, block.name)

    def _define(self, name: str, block: Block, source: Source, scope: Mapping[str, Value], matrix: str) -> None:
        attributes = {}
        for one in block.attributes:
            value = self.evaluator.value(one.value, source, scope)
            if one.name not in ("matrix", "name") and value.content is not None:
                attributes[one.name] = value
        target = self.targets.setdefault(name, Target(name, matrix=matrix))
        target.definitions.append(Definition(block, source, attributes))

    def _group(self, block: Block, source: Source) -> None:
        self.groups[block.name] = Group(block.name, block, source, self._value(block, "targets", source, {}))

    def effective(self, name: str) -> Effective:
        """All attributes of a target, those inherited included; KeyError where there is none."""
        if name not in self._effective:
            self._effective.update(self._resolve(name, {}))
        return self._effective[name]

    def _resolve(self, name: str, seen: dict[str, Effective | None]) -> dict[str, Effective]:
        # Bake goes through the parents depth first and leaves out what it is in the middle of.
        seen[name] = None
        target = self.targets[name]
        own = target.own
        merged: dict[str, Value] = {}
        sure = True
        inherits = own.get("inherits")
        if inherits is not None and not isinstance(inherits.content, tuple):
            sure = False
        for parent in inherits.items if inherits is not None else ():
            text = parent.text
            if text is None or text not in self.targets or len(seen) > 200:
                sure = False
                continue
            if text not in seen:
                self._resolve(text, seen)
            found = seen[text]
            if found is not None:
                sure = sure and found.sure
                merge_into(merged, found.attributes)
        if not sure:
            merged = {key: replace(value, content=UNKNOWN, size=1) for key, value in merged.items()}
        merge_into(merged, {key: value for key, value in own.items() if key != "inherits"}, sure=sure)
        seen[name] = Effective(merged, sure)
        return {name: Effective(merged, sure)}

    def links(self, target: Target) -> Iterator[tuple[str, Value]]:
        """The targets that a target names in its own `contexts`, with the value that names each."""
        for one in target.definitions:
            contexts = one.attributes.get("contexts")
            for value in contexts.fields.values() if contexts is not None else ():
                text = value.text
                if text is not None and text.startswith("target:"):
                    yield text.removeprefix("target:"), value

    def parents(self, target: Target) -> Iterator[tuple[str, Value]]:
        """The targets that a target inherits, with the value that names each."""
        inherits = target.own.get("inherits")
        for value in inherits.items if inherits is not None else ():
            if value.text is not None:
                yield value.text, value


def _scopes(matrix: Value) -> list[dict[str, Value]] | None:
    """The variables of each target of a matrix; None where they are not known."""
    if not isinstance(matrix.content, Mapping):
        return None
    scopes: list[dict[str, Value]] = [{}]
    for name, values in matrix.content.items():
        if not isinstance(values.content, tuple) or len(scopes) * len(values.content) > MAX_TARGETS:
            return None
        scopes = [{**scope, name: value} for value in values.content for scope in scopes]
    return scopes


def merge_into(found: dict[str, Value], more: Mapping[str, Value], *, sure: bool = True) -> None:
    """Adds the attributes of a later definition or of a child; `sure`: whether nothing else was there before."""
    for name, value in more.items():
        old = found.get(name)
        attribute = ATTRIBUTES.get(name)
        merge = attribute.merge if attribute is not None else Merge.REPLACE
        if name == "description" and value.content == "":
            continue
        if merge is Merge.REPLACE or (old is None and sure):
            found[name] = value
        else:
            found[name] = _joined(old, value)


def _joined(old: Value | None, value: Value) -> Value:
    content: Content = UNKNOWN
    if old is not None and isinstance(old.content, Mapping) and isinstance(value.content, Mapping):
        content = {**old.content, **value.content}
    elif old is not None and isinstance(old.content, tuple) and isinstance(value.content, tuple):
        content = (*old.content, *value.content)
    return value.as_(content) if old is None else value.as_(content, old)


def span_of(value: Value, source: Source) -> Span | None:
    """Where a value stands, if that is in `source`."""
    return value.span if value.source is source else None
