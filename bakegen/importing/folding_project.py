"""All that was found to a project: its settings and its images, as they will be written."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bakegen.definition.attributes import ATTRIBUTES, parse_version
from bakegen.definition.fields import SETTINGS
from bakegen.importing.folding import NotRegularError, fold, ordered, single
from bakegen.importing.folding_defaults import shared_fields, used_vars
from bakegen.importing.folding_fields import Place, fields_of
from bakegen.importing.folding_inference import with_families
from bakegen.importing.folding_names import (
    attributes_of,
    below_registry,
    common_registry,
    marked_tags,
    project_repository,
    tags_of,
)
from bakegen.importing.folding_selections import members_of, selections
from bakegen.importing.folding_templates import literal
from bakegen.matrix.naming import fit_name
from bakegen.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from bakegen.bake.meaning import Json
    from bakegen.importing.folding_model import Image
    from bakegen.importing.model import Found, Wanted

_DEFAULT = "default"


@dataclass(frozen=True)
class Choices:
    """What was asked for, and what is known of the project's folder.

    Attributes:
        folder: of the images.
        registry: of the project; without it the one that tags have in common.
        existing: the files that are there, for names that mean something in an image's folder.
        hidden: files that are added beside the definitions, and that no build has seen before.
    """

    folder: str = "images"
    registry: str | None = None
    existing: Collection[str] = ()
    hidden: tuple[str, ...] = ()


@dataclass(frozen=True)
class Definitions:
    """A project as it will be written.

    Attributes:
        settings: of bakegen.yaml.
        images: by name.
        folder: of the images.
        unused: `vars` that no field names in the end: what they were part of became the registry.
    """

    settings: Mapping[str, Json]
    images: tuple[Image, ...]
    folder: str = "images"
    unused: tuple[str, ...] = ()


def fold_all(found: Found, choices: Choices) -> Definitions:
    """The project that comes to everything that was found."""
    registry = choices.registry or _text(found.settings.get("registry")) or common_registry(found.targets)
    definitions = _definition_files(choices)
    out = _default_members(found)
    images: list[Image] = []
    repositories: dict[str, str] = {}
    said = {target.family for target in found.targets if target.family}
    targets = with_families(found.targets, {target.name for target in found.targets})
    taken: set[str] = set()
    for label, family in _families(targets):
        folding = _Folding(label, registry, choices, definitions, out, label not in said)
        images += folding.images(family, taken)
    repositories = {image.name: str(image.fields["repository"]) for image in images if "repository" in image.fields}
    settings: dict[str, Json] = {}
    if registry:
        settings["registry"] = registry
    if choices.folder != "images":
        settings["images"] = [f"{choices.folder}/*"]
    template = project_repository(repositories, registry)
    if template is not None and "{{ image }}" not in template and len(repositories) < len(images):
        template = None  # images without tags would all get the same one
    if template is not None:
        settings["repository"] = template
    images = [_without_repository(image, template, registry) for image in images]
    settings |= {name: value for name, value in found.settings.items() if name not in settings}
    if newer := _min_buildx(found.targets):
        settings["min-buildx"] = newer
    if chosen := selections(found, images):
        settings["selections"] = chosen
    defaults, images = shared_fields(images)
    given = found.settings.get("defaults")
    defaults = {**(given if isinstance(given, dict) else {}), **defaults}
    defaults, unused = used_vars(defaults, images)
    settings.pop("defaults", None)
    if defaults:
        settings["defaults"] = ordered(defaults)
    return Definitions(_in_order(settings), tuple(images), choices.folder, unused)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _in_order(settings: Mapping[str, Json]) -> dict[str, Json]:
    return {name: settings[name] for name in SETTINGS if name in settings}


def _definition_files(choices: Choices) -> tuple[str, ...]:
    return ("bakegen.yaml", f"{choices.folder}/*/image.yaml", *choices.hidden)


def _families(targets: Sequence[Wanted]) -> list[tuple[str, list[Wanted]]]:
    """Families and lone targets with their labels, in the order of their first targets."""
    families: dict[tuple[bool, str], list[Wanted]] = {}
    for target in targets:
        families.setdefault((bool(target.family), target.family or target.name), []).append(target)
    return [(label, members) for (_, label), members in families.items()]


def folder_name(wanted: str, taken: set[str]) -> str:
    """A name that a folder of an image can have and no other has; it is taken then."""
    name = fit_name(wanted).lstrip("_-") or "image"
    number = 2
    unique = name
    while unique in taken:
        unique, number = f"{name}-{number}", number + 1
    taken.add(unique)
    return unique


def without_template(target: Wanted) -> Wanted:
    """A target with the Dockerfile that is there: its template needs the axes that it has not when it is alone."""
    if target.template is None:
        return target
    return replace(target, template=None, own={name: one for name, one in target.own.items() if name != "vars"})


@dataclass(frozen=True)
class _Folding:
    """How one family becomes images."""

    label: str
    registry: str | None
    choices: Choices
    definitions: tuple[str, ...]
    out: Collection[str]
    guessed: bool

    def images(self, family: Sequence[Wanted], taken: set[str]) -> list[Image]:
        """The image of a family, or those of its targets."""
        if len(family) > 1:
            name = folder_name(self.label, set(taken))
            try:
                made = fold(family, name, [self._fields(one, name) for one in family], guessed=self.guessed)
            except NotRegularError:
                pass
            else:
                taken.add(name)
                return [made]
        alone = []
        for target in map(without_template, family):
            name = folder_name(target.name, taken)
            alone.append(single(target, name, self._fields(target, name)))
        return alone

    def _fields(self, target: Wanted, image: str) -> dict[str, Json]:
        directory = f"{self.choices.folder}/{image}"
        templates = f"{directory}/Dockerfile.j2" in self.choices.existing
        # Patterns hold for a context; whole names are better where the context is the image's own folder.
        own = target.attributes.get("context") == directory
        definitions = tuple(one.replace("*", image) if own else one for one in self.definitions)
        attributes = attributes_of(target)
        tags, repository = marked_tags(tags_of(target), self.registry, tags_of(target, marked=True))
        if tags:
            attributes["tags"] = tags
        template = target.template.name if target.template is not None else ""
        made = fields_of(target, attributes, Place(directory, definitions, templates, template))
        if repository:
            made["repository"] = below_registry(repository, self.registry)
        if target.name in self.out:
            made["default"] = False
        return made


def _without_repository(image: Image, template: str | None, registry: str | None) -> Image:
    """`image` without the field that says what the project says already."""
    usual = literal(below_registry(f"{registry}/{image.name}", registry)) if registry else image.name
    means = usual if template is None else template.replace("{{ image }}", image.name)
    if image.fields.get("repository") != means:
        return image
    return replace(image, fields={key: value for key, value in image.fields.items() if key != "repository"})


def _min_buildx(targets: Sequence[Wanted]) -> str | None:
    """The buildx that knows all attributes, where the oldest that bakegen writes for does not."""
    used = {name for target in targets for name in target.attributes if name in ATTRIBUTES}
    newest = max((ATTRIBUTES[name].since for name in used), key=parse_version, default="0")
    built_in = str(SETTINGS["min-buildx"].default)
    return newest if parse_version(newest) > parse_version(built_in) else None


def _default_members(found: Found) -> frozenset[str]:
    """The targets that are not in the group `default`, where there is one."""
    if _DEFAULT not in found.groups:
        return frozenset()
    inside = set(members_of(found.groups, _DEFAULT))
    return frozenset(target.name for target in found.targets if target.name not in inside)
