"""Rule DE508: an argument that the Dockerfile does not declare."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity, did_you_mean
from bakegen.rules.definitions._image import dockerfile
from bakegen.rules.model import Example, Finding, Kind, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.plan.model import Plan, Target
    from bakegen.rules.project_subject import ProjectSubject

# What a build takes without a declaration.
_TAKEN = frozenset({"HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "NO_PROXY", "ALL_PROXY", "SOURCE_DATE_EPOCH"})


def _check(subject: ProjectSubject) -> Iterator[Finding]:
    if subject.known is None:
        return
    given: dict[tuple[int, str], list[Target]] = defaultdict(list)
    for target in subject.known.targets:
        for name in target.variant.mapping("args"):
            field = target.variant.fields["args"]
            origin = field.origins.get(f"args.{name}")
            span = subject.here(origin.location) if origin is not None else None
            if span is not None:
                given[span.start, name].append(target)
    declared: dict[str, frozenset[str] | None] = {}
    plan = subject.known.plan
    for (_, name), targets in sorted(given.items(), key=lambda item: item[0]):
        if name.upper() in _TAKEN or name.startswith("BUILDKIT_"):
            continue
        found: set[str] = set()
        for target in targets:
            names = _taken(target, plan, declared)
            # Where one Dockerfile that takes it cannot be read, or declares it, the line is of use.
            if names is None or name in names:
                break
            found |= names
        else:
            place = targets[0].variant.fields["args"].origins[f"args.{name}"].location
            span = subject.key_of(place)
            assert span is not None
            path = targets[0].recipe.origin or targets[0].recipe.path or "the Dockerfile"
            images = {target.variant.image for target in targets}
            where = path if len(images) == 1 else f"no Dockerfile of {len(images)} images"
            verb = "declares no" if len(images) == 1 else "declares an"
            message = f"{where} {verb} ARG {name}"
            yield Finding(
                span, message, did_you_mean(name, sorted(found)) or f"declare it (ARG {name}), or take it out"
            )


def _taken(target: Target, plan: Plan, known: dict[str, frozenset[str] | None]) -> frozenset[str] | None:
    """The arguments that a target takes; None where that is not known."""
    if any("onbuild" in base for base in target.bases):
        return None
    found = _declared(target, known)
    for parent in target.parents:
        # A trigger of an image of this project may declare one.
        above = _declared(plan.targets[parent.target], known)
        found = found | above if found is not None and above is not None else None
    return found


def _declared(target: Target, known: dict[str, frozenset[str] | None]) -> frozenset[str] | None:
    """The arguments that any stage of a Dockerfile declares; None where that is not known."""
    from bakegen.dockerfile import read
    from bakegen.dockerfile.instructions import Arg, Onbuild

    source = target.recipe.source
    if source is None or target.reading is None or target.reading.foreign:
        return None
    if source.text not in known:
        file = read(source)
        names = {item.name for arg in file.global_args for item in arg.items}
        for stage in file.stages:
            for command in stage.commands:
                said = command.trigger if isinstance(command, Onbuild) else command
                if isinstance(said, Arg):
                    names |= {item.name for item in said.items}
        known[source.text] = frozenset(names)
    return known[source.text]


RULE = Rule(
    code="DE508",
    name="unused-arg",
    summary="Pass arguments only to Dockerfiles that declare them",
    why="BuildKit passes by a build argument that no `ARG` declares, with a line in the log that nobody reads: the "
    "version that the definition names is not the version that is built. Mostly the name is misspelt on one side, or "
    "the `ARG` went away.\n\nArguments that BuildKit takes by itself (proxies, `BUILDKIT_…`, `SOURCE_DATE_EPOCH`) need "
    "no declaration. An `ARG` in a trigger of the base image is not seen: then silence this.",
    severity=Severity.WARNING,
    kind=Kind.DEFINITIONS,
    check=_check,
    examples=(
        Example(
            "Misspelt",
            'args:\n  ⟦VERSOIN⟧: "1.2"\n',
            files=dockerfile("FROM scratch\nARG VERSION\n"),
            message="images/app/Dockerfile declares no ARG VERSOIN",
        ),
        Example(
            "For all images, and none takes it",
            'defaults:\n  args: {⟦MIRROR⟧: "example.com"}\n',
            path="bakegen.yaml",
            files=dockerfile("FROM scratch\nLABEL a=b\n", image="", base=""),
        ),
        Example(
            "One of two images takes it",
            'defaults:\n  args: {MIRROR: "example.com"}\n',
            path="bakegen.yaml",
            files=dockerfile("FROM scratch\nARG MIRROR\n", image="", base=""),
        ),
        Example(
            "Another stage declares it",
            'args: {A: "1"}\ntarget: two\n',
            files=dockerfile("FROM scratch AS one\nARG A\nFROM scratch AS two\nLABEL a=b\n"),
        ),
        Example(
            "A trigger of another image of the project declares it",
            'args: {A: "1"}\n',
            files={
                "images/app/Dockerfile": "FROM base\n",
                "images/base/Dockerfile": "FROM scratch\nONBUILD ARG A\n",
                "images/base/image.yaml": "",
            },
        ),
        Example("A global argument", 'args: {TAG: "13"}\n', files=dockerfile("ARG TAG\nFROM debian:$TAG\n")),
        Example(
            "BuildKit's own",
            'args: {BUILDKIT_INLINE_CACHE: "1", https_proxy: "http://proxy:3128", SOURCE_DATE_EPOCH: "0"}\n',
        ),
    ),
    words=("args",),
)
