"""Rule BF411: one image name on two targets that are built together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.bakefile.entries import entries
from bakegen.diagnostics import Severity
from bakegen.dockerfile.references import ReferenceError, parse_reference
from bakegen.rules.bakefiles._common import built_together, named, once
from bakegen.rules.model import Example, Finding, Kind, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.bakefile.targets import Effective
    from bakegen.bakefile.values import Value
    from bakegen.rules.bakefile_subject import BakeSubject

_IMAGES = ("image", "registry", "docker", "oci")


@once
def _check(subject: BakeSubject) -> Iterator[Finding]:
    tagged: dict[str, list[tuple[str, Value]]] = {}
    for target in subject.model.targets.values():
        effective = subject.model.effective(target.name)
        tags = effective.get("tags")
        if tags is None or not _makes_an_image(effective):
            continue
        for item in tags.items:
            if item.text:
                tagged.setdefault(_normal(item.text), []).append((target.name, item))
    several = {tag: found for tag, found in tagged.items() if len({name for name, _ in found}) > 1}
    if not several:
        return
    together = list(built_together(subject.model, linked=False))
    for tag, found in several.items():
        best = max(([one for one in found if one[0] in names] for names in together), key=len, default=[])
        names = list(dict.fromkeys(name for name, _ in best))
        if len(names) < 2:
            continue
        places = list(dict.fromkeys((value.source, value.span) for _, value in best))
        first = best[0][1]
        for source, span in places[1:] or places:
            if source is subject.source:
                labels = ((first.span, "written here, too"),) if len(places) > 1 and subject.here(first) else ()
                yield Finding(span, f"{named(names)} are all called {tag}: the last one built has the name", "", labels)


def _makes_an_image(effective: Effective) -> bool:
    call = effective.get("call")
    if call is not None and call.text not in (None, "", "build"):
        return False
    output = effective.attributes.get("output")
    if output is None:
        return effective.sure
    found = list(entries(output, "output"))
    if not output.sure or len(found) != len(output.items):
        return False
    return not found or any(
        one.get("type") in _IMAGES and one.get("push-by-digest") != "true" and not one.get("name") for one in found
    )


def _normal(tag: str) -> str:
    try:
        return parse_reference(tag).familiar()
    except ReferenceError:
        return tag


RULE = Rule(
    code="BF411",
    name="duplicate-tag",
    summary="Give each target a name of its own",
    why="Two targets of one group with one tag push one after the other, and which image has the name in the end "
    "depends on which build takes longer. Bake says nothing. Platforms of one image belong into one target with "
    "`platforms`.\n\n"
    "Targets are compared that one group builds together; those that push by digest or make no image are left "
    "alone.",
    severity=Severity.WARNING,
    kind=Kind.BAKE_FILE,
    check=_check,
    examples=(
        Example(
            "Two targets of a group",
            'group "default" {\n  targets = ["a", "b"]\n}\ntarget "a" {\n  tags = ["r.example/app:1"]\n}\n'
            'target "b" {\n  tags = ["r.example/app:2", ⟦"r.example/app:1"⟧]\n}\n',
        ),
        Example(
            "A matrix",
            'target "app" {\n  name = "app-${v}"\n  matrix = {\n    v = ["1", "2"]\n  }\n'
            '  tags = ["app:${v}", ⟦"app:latest"⟧]\n}\n',
        ),
        Example(
            "Never built together",
            'group "default" {\n  targets = ["a"]\n}\ntarget "a" {\n  tags = ["app"]\n}\n'
            'target "a-all" {\n  inherits = ["a"]\n  platforms = ["linux/amd64", "linux/arm64"]\n}\n',
        ),
        Example(
            "One makes no image",
            'group "default" {\n  targets = ["a", "b"]\n}\ntarget "a" {\n  tags = ["app"]\n}\n'
            'target "b" {\n  inherits = ["a"]\n  output = ["type=cacheonly"]\n}\n',
        ),
        Example(
            "Names that are not known",
            'group "default" {\n  targets = ["a", "b"]\n}\nvariable "TAG" {}\n'
            'target "a" {\n  tags = ["app:${TAG}"]\n}\n'
            'target "b" {\n  tags = ["app:${TAG}"]\n}\n',
        ),
    ),
    words=("tags",),
)
