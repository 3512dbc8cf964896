"""From variants to a `Plan`: recipes, the images they build on, stage targets, groups; pure but for reading files."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from bakegen.diagnostics import Label, did_you_mean, error
from bakegen.dockerfile.platforms import PlatformError, parse_platform
from bakegen.errors import InputError
from bakegen.plan.artifacts import read_artifacts
from bakegen.plan.branch import CachePolicy
from bakegen.plan.events import unknown_names
from bakegen.plan.graph import CycleError, Graph, topological
from bakegen.plan.model import Parent, Plan, Target, TargetKind
from bakegen.plan.names import repository_problem, split_reference
from bakegen.plan.reading import Reader
from bakegen.plan.recipes import copies_definition, find_recipe
from bakegen.plan.refs import CacheSettings
from bakegen.plan.stages import STAGES, add_stages, stage_target, subjects

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from bakegen.definition.project import Project
    from bakegen.diagnostics import Diagnostic
    from bakegen.matrix.model import Variant
    from bakegen.plan.artifacts import Artifact
    from bakegen.plan.recipes import Files, Renderer
    from bakegen.plan.rewriting import Evidences, Rewriter

DEFAULT = "default"


def build_plan(
    project: Project,
    variants: Sequence[Variant],
    selections: Mapping[str, tuple[str, ...]],
    files: Files,
    renderer: Renderer,
    evidences: Evidences | None = None,
) -> Plan:
    """The plan of `variants`.

    Args:
        project: the settings.
        variants: all variants of the project; images are found among them by what FROM and COPY --from name.
        selections: selection name -> variant names.
        files: reads Dockerfiles and ignore files.
        renderer: renders Dockerfile templates.
        evidences: gathers facts for rewriting; without it nothing is rewritten.

    Raises:
        InputError: every problem of every variant that was found, at once.
    """
    problems: list[Diagnostic] = []
    reader = Reader()
    rewriter = _rewriter(evidences, project) if evidences is not None else None
    targets: dict[str, Target] = {}
    for variant in variants:
        try:
            targets[variant.name] = _image_target(project, variant, files, renderer, reader, rewriter)
        except InputError as found:
            problems += found.diagnostics
    problems += [d for d in reader.problems() if d not in problems]
    if problems:
        raise InputError(_once(problems))
    _link(targets)
    _refuse_cycles(targets)
    with_stages = add_stages(targets, reader)
    warnings = [*reader.warnings(), *(rewriter.warnings if rewriter is not None else ())]
    artifacts = _artifacts(with_stages, reader)
    groups = _groups(project, with_stages, selections)
    if problems := unknown_names(project.settings.events, groups, with_stages):
        raise InputError(problems)
    return Plan(with_stages, groups, _once(warnings), artifacts)


def _rewriter(evidences: Evidences, project: Project) -> Rewriter:
    from bakegen.plan.rewriting import Rewriter  # which brings the effect model: only who rewrites pays for it

    return Rewriter(evidences, project.settings.rendered.value)


def _once(found: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    return tuple(dict.fromkeys(found))


def _image_target(
    project: Project,
    variant: Variant,
    files: Files,
    renderer: Renderer,
    reader: Reader,
    rewriter: Rewriter | None,
) -> Target:
    rendered = project.settings.rendered.value
    recipe = find_recipe(variant, files, renderer, rendered)
    platforms = variant.texts("platforms")
    _check_platforms(variant, platforms)
    stage = variant.text("target")
    reading = reader.read(recipe, variant, stage, platforms)
    if reading is not None and copies_definition(variant, recipe, reading.files):
        recipe = find_recipe(variant, files, renderer, rendered, own=True)
    if rewriter is not None and reading is not None and not reading.foreign:
        rewritten = rewriter.apply(recipe, variant, stage, platforms)
        if rewritten is not recipe:
            # What is odd was told of the text that people wrote.
            recipe, reading = rewritten, reader.read(rewritten, variant, stage, platforms, quiet=True)
    repository = variant.text("repository")
    if repository is not None and (problem := repository_problem(repository)) is not None:
        raise InputError([error(problem.code, problem.message, variant.place("repository"), help=problem.help)])
    tags = variant.texts("tags") or _default_tags(repository, variant)
    return Target(
        variant.name,
        TargetKind.IMAGE,
        variant,
        recipe,
        stage,
        platforms,
        (),
        (),
        repository if project.settings.registry.value is not None else None,
        tags,
        cache_settings(project, variant),
        (),
        reading,
    )


def _check_platforms(variant: Variant, platforms: Sequence[str]) -> None:
    for index, platform in enumerate(platforms):
        try:
            parse_platform(platform)
        except PlatformError as problem:
            place = variant.place(f"platforms[{index}]")
            help = "write OS/ARCHITECTURE, such as linux/arm64"
            raise InputError([error("bad-platform", str(problem), place, help=help)]) from None


def _default_tags(repository: str | None, variant: Variant) -> tuple[str, ...]:
    suffix = variant.name.removeprefix(variant.image).strip("-") or "latest"
    return (f"{repository or variant.image}:{suffix}",)


def cache_settings(project: Project, variant: Variant) -> CacheSettings:
    """The variant's cache settings with the project's fallback branches."""
    fields = dict(variant.mapping("cache"))
    backend = fields.pop("backend", "registry")
    policy = fields.pop("policy", "branch")
    return CacheSettings(backend, CachePolicy(policy), fields, project.settings.fallbacks.value)


def _link(targets: dict[str, Target]) -> None:
    """Finds which external images of each target are other targets, and what is left as base images."""
    known = _names(targets.values())
    for name, target in targets.items():
        if target.reading is None:
            continue
        own = target.variant.mapping("contexts")
        parents: list[Parent] = []
        bases: list[str] = []
        for image, location in target.reading.images.items():
            given = own.get(image)
            if given is not None:
                if given.startswith("target:"):
                    parents.append(Parent(image, _must_exist(given[7:], image, target, targets), location))
                continue
            found = known.get(image)
            if found is not None and found != name:
                parents.append(Parent(image, found, location))
            else:
                bases.append(image)
        targets[name] = replace(target, parents=tuple(parents), bases=tuple(bases), caches=subjects(target))


def _must_exist(name: str, context: str, target: Target, targets: Mapping[str, Target]) -> str:
    if name in targets:
        return name
    place = target.variant.place(f"contexts.{context}")
    raise InputError([error("unknown-target", f"there is no target {name!r}", place, help=did_you_mean(name, targets))])


def _names(targets: Collection[Target]) -> dict[str, str]:
    """Every name under which a Dockerfile can mean one of `targets`: target, reference, `image:tag`.

    A name that two targets have means none of them, unless one is called exactly that.
    """
    names: dict[str, list[str]] = defaultdict(list)
    images = Counter(target.variant.image for target in targets)
    for target in targets:
        variant = target.variant
        for reference in target.tags:
            tag = split_reference(reference)[1] or "latest"
            for form in (reference, f"{variant.image}:{tag}"):
                names[form].append(target.name)
                if tag == "latest":
                    names[form.removesuffix(":latest")].append(target.name)
        if images[variant.image] == 1:
            names[variant.image].append(target.name)
    found = {name: owners[0] for name, owners in names.items() if len(set(owners)) == 1}
    return found | {target.name: target.name for target in targets}


def _refuse_cycles(targets: Mapping[str, Target]) -> None:
    above = {name: [parent.target for parent in target.parents] for name, target in targets.items()}
    try:
        topological(targets, above)
    except CycleError as found:
        steps = list(zip(found.cycle, found.cycle[1:], strict=False))
        labels = []
        for child, parent in steps:
            place = next((p.location for p in targets[child].parents if p.target == parent), None)
            if place is not None:
                labels.append(Label(targets[child].recipe.place(place), f"{child} builds on {parent}"))
        raise InputError(
            [
                error(
                    "target-cycle",
                    f"targets build on each other in a circle: {' -> '.join(found.cycle)}",
                    labels[0].location if labels else None,
                    labels=labels[1:],
                    help="one of these must start from an image outside of this project",
                )
            ]
        ) from None


def _artifacts(targets: Mapping[str, Target], reader: Reader) -> dict[str, Artifact]:
    """The artifacts of all images, by title."""
    found: dict[str, Artifact] = {}
    problems: list[Diagnostic] = []
    for target in targets.values():
        if target.kind is not TargetKind.IMAGE:
            continue

        def stage(name: str, target: Target = target) -> Target:
            return stage_target(target, name, reader, "artifacts")

        try:
            found |= {one.title: one for one in read_artifacts(target, stage)}
        except InputError as refused:
            problems += refused.diagnostics
    if problems:
        raise InputError(_once(problems))
    return found


def _groups(
    project: Project, targets: Mapping[str, Target], selections: Mapping[str, tuple[str, ...]]
) -> dict[str, tuple[str, ...]]:
    """The groups of the bake file: default, stages, the selections, and one for each image with variants.

    `stages` and selections are there even where they are empty, so that a CI job can name them in any project.
    """
    images = {name: target for name, target in targets.items() if target.kind is TargetKind.IMAGE}
    groups: dict[str, tuple[str, ...]] = {}
    if default := tuple(name for name, target in images.items() if target.variant.flag("default", True)):
        groups[DEFAULT] = default
    groups[STAGES] = tuple(name for name, target in targets.items() if target.kind is TargetKind.STAGE)
    groups |= selections
    by_image: dict[str, list[str]] = defaultdict(list)
    for name, target in images.items():
        by_image[target.variant.image].append(name)
    for image, names in by_image.items():
        if len(names) > 1 and image not in groups and image not in targets:
            groups[image] = tuple(names)
    return groups


def dependency_graph(plan: Plan) -> Graph:
    """The plan's images and base images as a graph; stages are part of their images."""
    images = [target for target in plan.targets.values() if target.kind is TargetKind.IMAGE]
    bases = dict.fromkeys(base for target in images for base in target.bases)
    edges = [(base, target.name) for target in images for base in target.bases]
    edges += [(parent.target, target.name) for target in images for parent in target.parents]
    nodes = (*bases, *(target.name for target in images))
    return Graph(nodes, tuple(dict.fromkeys(edges)), frozenset(bases))
