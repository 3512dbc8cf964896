"""What several rules for bake files ask: targets that are built together, places, one finding a place."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING

from bakegen.definition.attributes import parse_version

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from bakegen.bakefile.targets import BakeModel, Target
    from bakegen.rules.bakefile_subject import BakeSubject
    from bakegen.rules.model import Finding

    Check = Callable[[BakeSubject], Iterable[Finding]]


def once(check: Check) -> Check:
    """`check` with one finding a place: targets of a matrix and heirs share theirs."""

    @wraps(check)
    def checked(subject: BakeSubject) -> Iterator[Finding]:
        seen = set()
        for finding in check(subject):
            if finding.span not in seen:
                seen.add(finding.span)
                yield finding

    return checked


def older_than(subject: BakeSubject, version: str) -> bool:
    """Whether the files must work with a buildx that is older than `version`; not where that is not said."""
    try:
        return parse_version(subject.settings.buildx) < parse_version(version)
    except ValueError:
        return False


def built_together(model: BakeModel, *, linked: bool) -> Iterator[set[str]]:
    """The targets of each group, those of the groups in it included.

    Args:
        model: the bake files.
        linked: whether targets that are only contexts of others count, too.
    """
    for name in model.groups:
        found = members(model, name)
        if linked:
            todo = [*found]
            while todo:
                for other in links(model, todo.pop()):
                    if other in model.targets and other not in found:
                        found.add(other)
                        todo.append(other)
        yield found


def members(model: BakeModel, group: str) -> set[str]:
    """All targets of a group."""
    found: set[str] = set()
    seen: set[str] = set()
    todo = [group]
    while todo:
        name = todo.pop()
        if name in seen:
            # A group with its own name in it means the target of that name.
            found.update({name} & model.targets.keys())
            continue
        seen.add(name)
        if name in model.groups:
            todo.extend(member for member, _ in model.groups[name].names())
        elif name in model.targets:
            found.add(name)
    return found


def links(model: BakeModel, target: str) -> list[str]:
    """The targets that a target has as contexts, inherited ones included."""
    contexts = model.effective(target).get("contexts")
    texts = [one.text or "" for one in contexts.fields.values()] if contexts is not None else []
    return [text.removeprefix("target:") for text in texts if text.startswith("target:")]


def named(names: Sequence[str]) -> str:
    """Names for a sentence: ``a, b and 3 more``."""
    shown = [*names[:3]]
    more = len(names) - len(shown)
    if more:
        return f"{', '.join(shown)} and {more} more"
    return " and ".join(filter(None, [", ".join(shown[:-1]), shown[-1]])) if shown else ""


def is_stub(target: Target) -> bool:
    """Whether a target says nothing: something to be filled by another file, as metadata actions do."""
    return not any(one.attributes for one in target.definitions)
