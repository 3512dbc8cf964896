"""Targets of one family to one image with a matrix, where they are regular enough; each to an image of its own else."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from bakegen.definition.attributes import Merge
from bakegen.definition.fields import IMAGE_FIELDS
from bakegen.importing.folding_axes import Axis, axes_of, excluded, variables_of
from bakegen.importing.folding_fields import ORDER
from bakegen.importing.folding_model import Image, Override
from bakegen.importing.folding_templates import Variable, aligned, literal, rendered, template
from bakegen.importing.folding_values import GONE, key_of, literals, shape, told, unfit
from bakegen.matrix.naming import default_name, fit_name

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bakegen.bake.meaning import Json
    from bakegen.importing.model import Wanted

_MANY = 3


class NotRegularError(Exception):
    """Targets that no matrix makes, or none that a person would write."""


def single(wanted: Wanted, name: str, fields: Mapping[str, Json]) -> Image:
    """The image of one target."""
    found: dict[str, Json] = {key: literals(value) for key, value in fields.items()}
    if fit_name(name) != wanted.name:
        found["name"] = wanted.name
    return Image(name, ordered(found), members=(wanted,), guesses=wanted.guesses)


def fold(family: Sequence[Wanted], name: str, fields: Sequence[Mapping[str, Json]], *, guessed: bool = False) -> Image:
    """The image that a family of targets is.

    Args:
        family: the targets; each says which values of the axes made it.
        name: of the image.
        fields: the fields of each target, as `folding_fields.fields_of` has them.
        guessed: whether nobody said that they are a family, so that only a quite regular one is taken.

    Raises:
        NotRegularError: they are better written as images of their own.
    """
    axes = axes_of([target.axes for target in family])
    if axes is None:
        raise NotRegularError
    folding = _Folding(axes)
    found: dict[str, Json] = {}
    names = [target.name for target in family]
    if names != [default_name(name, labels) for labels in zip(*(axis.labels for axis in axes), strict=True)]:
        found["name"] = folding.name(names)
    for field in dict.fromkeys(key for one in fields for key in one):
        values = [one.get(field, GONE) for one in fields]
        if IMAGE_FIELDS[field].merge is Merge.KEYS and field != "vars":
            base: object = folding.map(field, values)
        else:
            base = folding.value((field,), values)
        if base is not GONE and base != {}:
            found[field] = base  # type: ignore[assignment]
    overrides = folding.merged()
    if len(overrides) > (0 if guessed and len(family) <= _MANY else max(1, len(family) // (4 if guessed else 2))):
        raise NotRegularError
    if guessed and any(key == "target" for axis in folding.axes for row in axis.fields for key in row):
        raise NotRegularError
    guesses = tuple(dict.fromkeys(guess for target in family for guess in target.guesses))
    matrix = {axis.name: axis.values for axis in folding.axes}
    exclude = excluded(folding.axes)
    if len(exclude) > len(family):
        raise NotRegularError
    return Image(name, ordered(found), matrix, tuple(exclude), overrides, tuple(family), guesses)


class _Folding:
    """The fields of one family, one after the other; what only some variants have is collected as overrides."""

    def __init__(self, axes: list[Axis]) -> None:
        self.axes = axes
        self.variables = variables_of(axes)
        self.overrides: list[tuple[dict[str, Json], tuple[str, ...], Json]] = []

    def name(self, names: Sequence[str]) -> str:
        """The template of the variants' names."""
        fitted = [Variable(one.expression, tuple(map(unfit, one.values))) for one in self.variables]
        parts = aligned(names, fitted) if len(set(names)) > 1 else None
        if parts is not None:
            by_expression = {one.expression: one.values for one in self.variables}
            for at, name in enumerate(names):
                text = "".join(by_expression[part][at] if is_expression else part for is_expression, part in parts)
                if fit_name(text) != name:
                    break
            else:
                return rendered(parts)
        if len(self.axes) == 1:
            return self._as_field(self.axes[0], "target", names)
        raise NotRegularError

    def map(self, field: str, values: Sequence[object]) -> Json:
        """The entries of a map, each by itself."""
        maps = [one if isinstance(one, dict) else {} for one in values]
        found: dict[str, Json] = {}
        for key in dict.fromkeys(key for one in maps for key in one):
            base = self.value((field, key), [one.get(key, GONE) for one in maps])
            if base is not GONE:
                found[key] = base  # type: ignore[assignment]
        return found

    def value(self, path: tuple[str, ...], values: Sequence[object]) -> object:
        """What all variants have, `GONE` for nothing; overrides are added for those that differ from it."""
        whole = self._whole(values, range(len(values)))
        if whole is not None:
            return whole
        found = [one for axis in self.axes if (one := self._by_axis(axis, values)) is not None]
        found.sort(key=lambda one: len(one[2]))
        if found and len(found[0][2]) > self._exceptions(values):
            found = []
        if found:
            axis, base, others = found[0]
            texts = [one for one in values if isinstance(one, str) and one]
            if len(others) >= _MANY - 1 and len(texts) == len(values) and self._is_plain(axis, texts):
                return self._as_field(axis, path[-1], texts)
            for labels, value in others:
                match: dict[str, Json] = {axis.name: labels[0] if len(labels) == 1 else [*labels]}
                self.overrides.append((match, path, value))  # type: ignore[arg-type]
            return base
        return self._each(path, values)

    def _is_plain(self, axis: Axis, texts: Sequence[str]) -> bool:
        return all(len({t for t, its in zip(texts, axis.labels, strict=True) if its == label}) == 1
                   for label in axis.labels) and not any("{" in text or "\ue000" in text for text in texts)  # fmt: skip

    def _by_axis(
        self, axis: Axis, values: Sequence[object]
    ) -> tuple[Axis, object, list[tuple[list[str], object]]] | None:
        """The value for each of an axis's values, where the axis alone decides it: the commonest, then the others."""
        results: dict[str, object] = {}
        count: Counter[str] = Counter()
        for label in dict.fromkeys(axis.labels):
            places = [at for at, one in enumerate(axis.labels) if one == label]
            of_label = self._whole(values, places)
            if of_label is None:
                return None
            results[label] = of_label
            count[key_of(of_label)] += len(places)
        if len(count) == len(results) == len(values) and len(values) > _MANY and not self._texts(values):
            return None
        gone = next((one for one in results.values() if one is GONE), None)
        commonest = count.most_common(1)[0][0]
        base = gone if gone is not None else next(one for one in results.values() if key_of(one) == commonest)
        others: dict[str, tuple[list[str], object]] = {}
        for label, value in results.items():
            if key_of(value) != key_of(base):
                others.setdefault(key_of(value), ([], value))[0].append(label)
        return axis, base, list(others.values())

    def _texts(self, values: Sequence[object]) -> bool:
        return all(isinstance(one, str) for one in values)

    def _each(self, path: tuple[str, ...], values: Sequence[object]) -> object:
        """What the largest number of variants has, and an override for the others: one each, or one for an axis's."""
        base, others = self._usual(values)
        matched = self._matched(values, others)
        if matched is not None:
            self.overrides.append((matched[0], path, matched[1]))
            return base
        for at in others:
            match: dict[str, Json] = {axis.name: axis.labels[at] for axis in self.axes}
            self.overrides.append((match, path, self._alone(values[at], at)))
        return base

    def _usual(self, values: Sequence[object]) -> tuple[object, list[int]]:
        """What the largest number of variants of one shape has, and the places of the others."""
        shapes: dict[str, list[int]] = {}
        for at, value in enumerate(values):
            shapes.setdefault(shape(value), []).append(at)
        gone = shapes.pop(shape(GONE), [])
        largest = max(shapes.values(), key=len)
        base: object | None = GONE if gone else self._whole(values, largest)
        usual = gone or largest
        if base is None:
            keys = Counter(key_of(one) for one in values)
            common = keys.most_common(1)[0][0]
            usual = [at for at, one in enumerate(values) if key_of(one) == common]
            base = literals(values[usual[0]])
        return base, [at for at in range(len(values)) if at not in usual]

    def _exceptions(self, values: Sequence[object]) -> int:
        """How many overrides `_each` makes."""
        others = self._usual(values)[1]
        return 1 if self._matched(values, others) is not None else len(others)

    def _matched(self, values: Sequence[object], places: Sequence[int]) -> tuple[dict[str, Json], Json] | None:
        """The one override for several variants that are all with some values of an axis, where it can say them all."""
        if len(places) <= 1 or any(values[at] is GONE for at in places):
            return None
        for axis in self.axes:
            labels = list(dict.fromkeys(axis.labels[at] for at in places))
            if len(places) == sum(label in labels for label in axis.labels):
                whole = self._whole(values, places)
                if whole is not None:
                    match: Json = labels[0] if len(labels) == 1 else [*labels]
                    return {axis.name: match}, whole  # type: ignore[return-value]
        return None

    def _alone(self, value: object, at: int) -> Json:
        """The value of one variant, in the words of its axes where it has their values in it."""
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            return literals(value)
        return [told(literal(one), at, self.variables) for one in value]

    def _whole(self, values: Sequence[object], places: Sequence[int]) -> object | None:
        """The one value or template that all these have; `GONE` where all have none; None where they differ."""
        chosen = [values[at] for at in places]
        first = chosen[0]
        if any(one is GONE for one in chosen):
            return GONE if all(one is GONE for one in chosen) else None
        if all(one == first for one in chosen):
            return literals(first)
        if all(isinstance(one, str) for one in chosen):
            seen = [Variable(one.expression, tuple(one.values[at] for at in places)) for one in self.variables]
            return template([str(one) for one in chosen], seen)
        if isinstance(first, list) and all(isinstance(one, list) and len(one) == len(first) for one in chosen):
            return self._parts([[one[at] for one in chosen] for at in range(len(first))], places)  # type: ignore[index]
        if isinstance(first, dict) and all(isinstance(one, dict) and one.keys() == first.keys() for one in chosen):
            found = self._parts([[one[key] for one in chosen] for key in first], places)  # type: ignore[index]
            return None if found is None else dict(zip(first, found, strict=True))
        return None

    def _parts(self, columns: list[list[object]], places: Sequence[int]) -> list[object] | None:
        found: list[object] = []
        for column in columns:
            spread: dict[int, object] = dict(zip(places, column, strict=True))
            whole = self._whole([spread.get(at) for at in range(max(places) + 1)], places)
            if whole is None:
                return None
            found.append(whole)
        return found

    def _as_field(self, axis: Axis, name: str, texts: Sequence[str]) -> str:
        """A further field of an axis's values, which has these texts."""
        field = "".join(char if char.isalnum() else "_" for char in name).strip("_").lower()
        if not field or not field[0].isalpha() or not field.isascii() or field in ("items", "keys", "values", "get"):
            field = f"of_{field}"
        base = axis.fields or tuple({"name": label} for label in axis.labels)
        while field in base[0]:
            field += "_"
        added = tuple({**fields, field: text} for fields, text in zip(base, texts, strict=True))
        self.axes[self.axes.index(axis)] = Axis(axis.name, axis.labels, added)
        self.variables.append(Variable(f"{axis.name}.{field}", tuple(texts)))
        return f"{{{{ {axis.name}.{field} }}}}"

    def merged(self) -> tuple[Override, ...]:
        """The overrides, those that match the same variants in one."""
        found: dict[str, tuple[dict[str, Json], dict[str, Json]]] = {}
        for match, path, value in self.overrides:
            _, fields = found.setdefault(key_of(match), (match, {}))
            if len(path) == 1:
                fields[path[0]] = value
            else:
                inner = fields.setdefault(path[0], {})
                assert isinstance(inner, dict)
                inner[path[1]] = value
        return tuple(Override(match, fields) for match, fields in found.values())


def ordered(fields: Mapping[str, Json]) -> dict[str, Json]:
    """Fields in the order in which people write them."""
    names = [*(name for name in ORDER if name in fields), *(name for name in IMAGE_FIELDS if name in fields)]
    return {name: fields[name] for name in dict.fromkeys(names)}
