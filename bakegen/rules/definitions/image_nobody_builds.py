"""Rule DE504: variants that no group of the bake file has."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.plan.events import names_for
from bakegen.rules.definitions._image import dockerfile
from bakegen.rules.model import Example, Finding, Kind, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.plan.model import Target
    from bakegen.rules.project_subject import KnownProject, ProjectSubject


def _check(subject: ProjectSubject) -> Iterator[Finding]:
    known = subject.known
    if known is None or not known.project.selections:
        return
    built = _built(known)
    by_place: dict[int, list[Target]] = defaultdict(list)
    for target in known.targets:
        if target.variant.flag("default", True):
            continue
        span = subject.here(target.variant.place("default"))
        if span is not None:
            by_place[span.start].append(target)
    for targets in by_place.values():
        # Some variants may be left out on purpose; all of them is what an image looks like that was forgotten.
        if any(target.name in built or _is_a_step(target) for target in targets):
            continue
        names = sorted({target.variant.image for target in targets})
        what = f"{names[0]!r}" if len(names) == 1 else f"{', '.join(map(repr, names[:3]))}{', …' * (len(names) > 3)}"
        span = subject.key_of(targets[0].variant.place("default"))
        if span is not None:
            message = f"no selection chooses variants of {what}, and no image that is built needs them"
            yield Finding(span, message, "add them to a selection, or take the image out")


def _built(known: KnownProject) -> set[str]:
    """The targets that groups have, and those that they build on."""
    chosen = {name for selection in known.project.selections for name in known.plan.groups.get(selection.name, ())}
    chosen |= {target.name for target in known.targets if target.variant.flag("default", True)}
    events = known.project.settings.events
    for event in events:
        for name in names_for(event, events, known.plan):
            chosen.update(known.plan.groups.get(name, (name,)))
    left = list(chosen)
    while left:
        target = known.plan.targets.get(left.pop())
        for parent in target.parents if target is not None else ():
            if parent.target not in chosen:
                chosen.add(parent.target)
                left.append(parent.target)
    return chosen


def _is_a_step(target: Target) -> bool:
    """Whether the target is there to be called by its name, for what it does or writes."""
    return any(target.variant.value(name) for name in ("output", "call", "stages"))


_SELECTIONS = "selections: {nightly: {except: {image: app}}}\n"

RULE = Rule(
    code="DE504",
    name="image-nobody-builds",
    summary="Let a group of the bake file have every image",
    why="`default: false` keeps variants out of a plain `docker buildx bake`. Where the project names what CI builds "
    "(`selections`, `events`), none of that chooses them, and no other image builds on them, only somebody who knows "
    "the name builds them: mostly an image that everybody forgot, and that no longer builds when it is needed.\n\n"
    "Targets with an `output` or `call` of their own are steps that are called by name, and are left alone, as are "
    "projects without selections.",
    severity=Severity.NOTE,
    kind=Kind.DEFINITIONS,
    check=_check,
    examples=(
        Example(
            "In no selection",
            "⟦default⟧: false\n",
            files=dockerfile("FROM scratch\nLABEL a=b\n", project=_SELECTIONS, base=""),
            message="'app'",
        ),
        Example(
            "A selection has it",
            "default: false\n",
            files=dockerfile("FROM scratch\nLABEL a=b\n", project="selections: {nightly: all}\n"),
        ),
        Example(
            "An event builds it",
            "default: false\n",
            files=dockerfile("FROM scratch\nLABEL a=b\n", project=_SELECTIONS + "events: {release: app}\n", base=""),
        ),
        Example(
            "Another image builds on it",
            "default: false\n",
            path="images/base/image.yaml",
            files={
                "bakegen.yaml": "selections: {nightly: {except: {image: base}}}\n",
                "images/app/image.yaml": "",
                "images/app/Dockerfile": "FROM base\n",
                "images/base/Dockerfile": "FROM scratch\nLABEL a=b\n",
            },
        ),
        Example(
            "A step that is called by its name",
            'default: false\noutput: ["type=cacheonly"]\n',
            files=dockerfile("FROM scratch\nLABEL a=b\n", project=_SELECTIONS, base=""),
        ),
        Example("A project without selections", "default: false\n"),
    ),
    words=("default",),
)
