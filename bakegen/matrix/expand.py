"""Images and their matrices to variants: counted first, then made; each with its fields merged and rendered."""

from __future__ import annotations

from itertools import product
from math import prod
from typing import TYPE_CHECKING

from bakegen.definition.backends import BACKENDS
from bakegen.definition.cascade import set_over
from bakegen.definition.fields import IMAGE_FIELDS
from bakegen.definition.globs import matches
from bakegen.definition.origin import BUILT_IN, Layer
from bakegen.definition.values import Leaf, Raw
from bakegen.diagnostics import Diagnostic, Label, Severity, did_you_mean, error, warning
from bakegen.errors import InputError
from bakegen.matrix.matching import Matcher
from bakegen.matrix.model import Field, Variant
from bakegen.matrix.naming import Names, default_name, fit_name
from bakegen.matrix.render import Compiled, Failed, compile_field, render_leaf

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Mapping

    from bakegen.definition.project import AxisEntry, ImageDefinition, Project
    from bakegen.text import Location

Combination = tuple["AxisEntry", ...]
_FIRST = ("vars", "repository")


def expand(
    project: Project, only: Container[str] | None = None, warnings: list[Diagnostic] | None = None
) -> tuple[Variant, ...]:
    """Every variant of every image, images by folder and combinations in the order of the axes.

    `only` limits what is rendered to variants of these names; everything is counted and named all the same,
    so that names and errors about them do not depend on it. Warnings are added to `warnings`. Raises
    InputError with every problem found.
    """
    _check_count(project)
    expansion = _Expansion(project, only)
    variants = [variant for image in project.images for variant in expansion.image(image)]
    expansion.check_sets()
    if any(problem.severity is Severity.ERROR for problem in expansion.problems):
        raise InputError(expansion.problems)
    if warnings is not None:
        warnings += expansion.problems
    return tuple(variants)


def count(image: ImageDefinition) -> int:
    """How many combinations the matrix of `image` makes, before any is excluded; nothing is expanded."""
    return prod(len(axis.entries) for axis in image.matrix.axes) + len(image.matrix.include)


def _check_count(project: Project) -> None:
    limit = project.settings.max_targets
    counts = {image.name: count(image) for image in project.images}
    total = sum(counts.values())
    if total <= limit.value:
        return
    largest = max(project.images, key=lambda image: (counts[image.name], image.name))
    axes = " × ".join(f"{len(axis.entries)} {axis.name}" for axis in largest.matrix.axes)
    place = largest.matrix.axes[0].location if largest.matrix.axes else largest.location
    labels = []
    if limit.origin.location is not None:
        labels.append(Label(limit.origin.location, "the limit is set here"))
    raise InputError(
        [
            error(
                "too-many-targets",
                f"the project makes {total:,} combinations, and `max-targets` is {limit.value:,}; "
                f"the image {largest.name!r} alone makes {counts[largest.name]:,} ({axes or 'no axes'})",
                place,
                labels=labels,
                help="raise `max-targets` in bakegen.yaml, with BAKEGEN_MAX_TARGETS or --set max-targets=N",
            )
        ]
    )


class _Profile:
    """The fields of all variants of an image that the same overrides and outside values apply to."""

    __slots__ = ("compiled", "dynamic", "static")

    def __init__(self, compiled: Mapping[str, Compiled]) -> None:
        self.compiled = compiled
        # What is rendered keeps its place among the rest, so that fields have one order everywhere.
        self.static = {name: one.static or Field(name, "", {}) for name, one in compiled.items()}
        self.dynamic = [
            (name, one.render) for name, one in compiled.items() if one.render is not None and name not in _FIRST
        ]


class _Expansion:
    def __init__(self, project: Project, only: Container[str] | None) -> None:
        self.project = project
        self.only = only
        self.problems: list[Diagnostic] = []
        self.reported: set[tuple[str, str, str]] = set()
        self.names = Names()
        repository = project.settings.repository
        cache = {key: Leaf(one.value, one.origin) for key, one in project.settings.cache.items()}
        self.settled: dict[str, Raw] = {
            "repository": Leaf(repository.value, repository.origin),
            "cache": cache,
        }
        self.sets_used = [False] * len(project.sets)

    def report(self, problem: Diagnostic) -> None:
        """Add a problem once, however many variants have it."""
        key = (problem.code, problem.message, str(problem.location))
        if key not in self.reported:
            self.reported.add(key)
            self.problems.append(problem)

    def image(self, image: ImageDefinition) -> Iterator[Variant]:
        profiles: dict[tuple[tuple[int, ...], tuple[int, ...]], _Profile | None] = {}
        overrides = [Matcher(one.match, image.matrix.axes) for one in image.matrix.overrides]
        axes = [axis.name for axis in image.matrix.axes]
        shared: dict[str, object] = {"image": image.name}
        if self.project.settings.registry.value:
            shared["registry"] = self.project.settings.registry.value
        for entries, location in self.combinations(image):
            values = {axis: entry.value for axis, entry in zip(axes, entries, strict=True)}
            context: dict[str, object] = {**values, **shared}
            name = self.name(image, entries, context, location)
            chosen = tuple(i for i, matcher in enumerate(overrides) if matcher(entries))
            sets = self.sets_for(image.name, name) if self.project.sets else ()
            if name is None or (self.only is not None and name not in self.only):
                continue
            profile = profiles.get((chosen, sets))
            if profile is None and (chosen, sets) not in profiles:
                profile = profiles[chosen, sets] = self.profile(image, chosen, sets)
            if profile is None:
                continue
            context["variant"] = name
            fields = self.fields(profile, context)
            if fields is not None:
                yield Variant(image.name, name, image.directory, values, fields, location, context)
        for matcher, override in zip(overrides, image.matrix.overrides, strict=True):
            if not matcher.used:
                self.report(warning("override-unused", "this override matches no variant", override.match.location))

    def combinations(self, image: ImageDefinition) -> Iterator[tuple[Combination, Location]]:
        matrix = image.matrix
        excluded = [Matcher(match, matrix.axes) for match in matrix.exclude]
        seen: dict[tuple[str, ...], Location] = {}
        if matrix.axes or not matrix.include:
            for entries in product(*(axis.entries for axis in matrix.axes)):
                location = entries[0].location if entries else image.location
                # Every matcher is asked, so that each one that never matches can be told.
                if not sum(matcher(entries) for matcher in excluded):
                    if matrix.include:
                        seen[tuple(entry.label for entry in entries)] = location
                    yield entries, location
        for include in matrix.include:
            key = tuple(entry.label for entry in include.entries)
            if key in seen:
                self.report(
                    error(
                        "duplicate-variant",
                        "this combination is there already",
                        include.location,
                        labels=[Label(seen[key], "it comes from here")],
                        help="to change its fields use `overrides`",
                    )
                )
                continue
            seen[key] = include.location
            yield include.entries, include.location
        for matcher, match in zip(excluded, matrix.exclude, strict=True):
            if not matcher.used:
                self.report(warning("exclude-unused", "this excludes no combination", match.location))

    def name(
        self, image: ImageDefinition, entries: Combination, context: Mapping[str, object], location: Location
    ) -> str | None:
        labels = [entry.label for entry in entries]
        if image.name_template is None:
            name = default_name(image.name, labels)
            empty = next((entry for entry in entries if not fit_name(entry.label)), None)
            place = empty.location if empty is not None else None
        else:
            try:
                name = fit_name(render_leaf(image.name_template, context))
            except Failed as failed:
                self.report(failed.diagnostic)
                return None
            place = image.name_template.origin.location if not name or name.startswith("_") else None
        if place is not None:
            message = f"{name!r} cannot be the name of a variant" if name else "the name of a variant is empty"
            help = "a name has letters, digits, - and _, and does not start with _; see `name` in image.yaml"
            self.report(error("variant-name", message, place, help=help))
            return None
        pairs = ", ".join(f"{axis.name}={label}" for axis, label in zip(image.matrix.axes, labels, strict=True))
        taken = self.names.take(name, f"{image.name} ({pairs})" if pairs else image.name, entries, location)
        if taken is not None:
            self.report(taken)
            return None
        return name

    def sets_for(self, image: str, name: str | None) -> tuple[int, ...]:
        names = {image, fit_name(image), name or image}
        found = []
        for index, rule in enumerate(self.project.sets):
            if any(matches(rule.glob, one) for one in names):
                self.sets_used[index] = True
                found.append(index)
        return tuple(found)

    def check_sets(self) -> None:
        """A flag that sets nothing is an error; a variable may be meant for another project of the same CI."""
        for used, rule in zip(self.sets_used, self.project.sets, strict=True):
            if used:
                continue
            known = {*self.names.taken, *(image.name for image in self.project.images)}
            message = f"nothing here is called {rule.glob!r}"
            make = error if rule.origin.layer is Layer.FLAG else warning
            self.report(make("set-unused", message, rule.origin.location, help=did_you_mean(rule.glob, sorted(known))))

    def profile(self, image: ImageDefinition, chosen: tuple[int, ...], sets: tuple[int, ...]) -> _Profile | None:
        fields = dict(image.fields)
        for index in chosen:
            for name, value in image.matrix.overrides[index].fields.items():
                set_over(fields, name, value, self.settled)
        for index in sets:
            rule = self.project.sets[index]
            set_over(fields, rule.field, rule.value, self.settled)
        fields["cache"] = _whole_cache(fields.get("cache"), bool(self.project.settings.registry.value))
        compiled: dict[str, Compiled] = {}
        failed = False
        for name, spec in IMAGE_FIELDS.items():
            raw = fields.get(name)
            if raw is None:
                continue
            try:
                compiled[name] = compile_field(spec, raw)
            except Failed as problem:
                failed = True
                self.report(problem.diagnostic)
        return None if failed else _Profile(compiled)

    def fields(self, profile: _Profile, context: dict[str, object]) -> dict[str, Field] | None:
        """All fields of a variant; `vars` and `repository` come first and join the context of the others."""
        fields = dict(profile.static)
        failed = False
        for name in _FIRST:
            one = profile.compiled.get(name)
            try:
                if one is not None and one.render is not None:
                    fields[name] = one.render(context)
            except Failed as problem:
                self.report(problem.diagnostic)
                return None
            context[name] = fields[name].value if name in fields else {}
        for name, render in profile.dynamic:
            try:
                fields[name] = render(context)
            except Failed as problem:
                failed = True
                self.report(problem.diagnostic)
        return None if failed else fields


def _whole_cache(raw: Raw | None, registry: bool) -> Raw:
    """The cache settings with what is built in for the backend: zstd and `mode=max` where it knows them."""
    given = dict(raw) if isinstance(raw, dict) else {}
    out: dict[str, Raw] = {
        "backend": given.get("backend", Leaf("registry" if registry else "local", BUILT_IN)),
        "policy": given.get("policy", Leaf("branch", BUILT_IN)),
    }
    backend = out["backend"]
    known = BACKENDS[backend.text].fields if isinstance(backend, Leaf) and backend.text in BACKENDS else {}
    for name, text in (("mode", "max"), ("compression", "zstd")):
        if name in known:
            out[name] = Leaf(text, BUILT_IN)
    return {**out, **given}
