"""Named selections: rules to the variants they choose, each a group of the bake file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.definition.globs import is_glob, matches, matches_any
from bakegen.diagnostics import Diagnostic, Label, did_you_mean, error, warning
from bakegen.errors import InputError
from bakegen.matrix.matching import value_matches
from bakegen.templating.versions import version_key

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bakegen.definition.project import Match, Newest, Project, Selection, SelectionRule
    from bakegen.matrix.model import Variant


def select(
    project: Project, variants: Sequence[Variant], warnings: list[Diagnostic] | None = None
) -> Mapping[str, tuple[str, ...]]:
    """The names of the variants of each selection, in the order of `variants`, which has to be all of them.

    What several images add to one selection is joined. A selection or rule that chooses nothing is a warning,
    added to `warnings`. Raises InputError where a selection has the name of a target or names no variant.
    """
    problems: list[Diagnostic] = []
    found: list[Diagnostic] = []
    targets = {variant.name: variant for variant in variants}
    axes = {axis for variant in variants for axis in variant.axes}
    chosen: dict[str, set[str]] = {}
    for selection in project.selections:
        target = targets.get(selection.name)
        if target is not None:
            problems.append(
                error(
                    "selection-name",
                    f"the selection {selection.name!r} has the name of a target",
                    selection.location,
                    labels=[Label(target.location, "the target comes from here")],
                )
            )
        names = chosen.setdefault(selection.name, set())
        among = [v for v in variants if selection.image is None or v.image == selection.image]
        for rule in selection.rules:
            _check_axes(rule, axes, problems)
            names |= _chosen(rule, among, targets, problems, found)
    for selection in _once(project.selections):
        if not chosen[selection.name] and not _meant_empty(project, selection.name):
            found.append(
                warning("empty-selection", f"the selection {selection.name!r} chooses nothing", selection.location)
            )
    if problems:
        raise InputError(problems)
    if warnings is not None:
        warnings += found
    return {name: tuple(v.name for v in variants if v.name in names) for name, names in chosen.items()}


def _once(selections: Sequence[Selection]) -> list[Selection]:
    first: dict[str, Selection] = {}
    for selection in selections:
        first.setdefault(selection.name, selection)
    return list(first.values())


def _meant_empty(project: Project, name: str) -> bool:
    rules = [rule for selection in project.selections if selection.name == name for rule in selection.rules]
    return all(rule.names == "" for rule in rules)


def _check_axes(rule: SelectionRule, axes: set[str], problems: list[Diagnostic]) -> None:
    asked = [
        (pattern.axis, pattern.location)
        for match in (rule.match, rule.unless)
        if match is not None
        for pattern in match.patterns
        if pattern.axis
    ]
    if rule.newest is not None:
        asked.append((rule.newest.axis, rule.location))
    for axis, place in asked:
        if axis not in axes:
            known = sorted(axes)
            advice = did_you_mean(axis, known) or ("known are " + ", ".join(known) if known else None)
            problems.append(error("unknown-axis", f"no image has an axis {axis!r}", place, help=advice))


def _chosen(
    rule: SelectionRule,
    among: Sequence[Variant],
    targets: Mapping[str, Variant],
    problems: list[Diagnostic],
    found: list[Diagnostic],
) -> set[str]:
    if rule.names:
        named = {v.name for v in among if matches(rule.names, v.name)}
        if not named and not is_glob(rule.names):
            advice = did_you_mean(rule.names, sorted(targets))
            problems.append(error("unknown-variant", f"there is no variant {rule.names!r}", rule.location, help=advice))
        elif not named:
            found.append(warning("empty-selection", f"no variant matches {rule.names!r}", rule.location))
        return named
    if rule.names == "":
        return set()
    kept = [
        variant
        for variant in among
        if (rule.match is None or _fits(rule.match, variant))
        and (rule.unless is None or not _fits(rule.unless, variant))
    ]
    if not kept and among and (rule.match or rule.unless):
        found.append(warning("empty-selection", "this rule chooses nothing", rule.location))
    return {variant.name for variant in (kept if rule.newest is None else _newest(rule.newest, kept))}


def _fits(match: Match, variant: Variant) -> bool:
    for pattern in match.patterns:
        if not pattern.axis:
            if not matches_any(pattern.globs, variant.image):
                return False
        elif pattern.axis not in variant.axes or not value_matches(pattern, variant.axes[pattern.axis]):
            return False
    return True


def _newest(newest: Newest, variants: Sequence[Variant]) -> list[Variant]:
    """Per image the variants with the newest values of the axis; images without the axis whole."""
    labels: dict[str, dict[str, None]] = {}
    for variant in variants:
        if newest.axis in variant.axes:
            labels.setdefault(variant.image, {})[str(variant.axes[newest.axis])] = None
    kept = {
        image: set(sorted(found, key=lambda text: (version_key(text), text), reverse=not newest.oldest)[: newest.count])
        for image, found in labels.items()
    }
    return [
        variant
        for variant in variants
        if newest.axis not in variant.axes or str(variant.axes[newest.axis]) in kept[variant.image]
    ]
