"""Every field of bakegen.yaml and image.yaml, declared once: loader, cascade, schema and reference derive from it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

from bakegen.definition.attributes import ATTRIBUTES, Attribute, EntryField, Kind, Merge
from bakegen.definition.backends import BACKENDS
from bakegen.definition.events import EVENTS

if TYPE_CHECKING:
    from collections.abc import Mapping


class Shape(StrEnum):
    """How a field is written."""

    TEXT = "text"
    BOOL = "true or false"
    INTEGER = "whole number"
    DURATION = "duration"
    TEXTS = "list of text"
    MAP = "map of text"
    ENTRIES = "list of entries"
    OBJECT = "object"
    NAMED = "map of entries"
    FREE = "anything"
    MATRIX = "matrix"
    SELECTIONS = "selections"
    EVENTS = "map of names or lists of names"
    FIELDS = "image fields"


DURATION_PATTERN = "(?=.)(?:([0-9]{1,6})h)?(?:([0-9]{1,6})m)?(?:([0-9]{1,6})s)?"
"""How a duration is written, for Python and for JSON Schema."""


class Templates(StrEnum):
    """Where templates in a field are rendered."""

    NEVER = "no"
    VARIANT = "yes"
    LATER = "yes, with branch, tag, git and ci"


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """One field: name, how it is written, how layers of the cascade merge, whether templates are rendered.

    `attribute` is the bake target attribute that it becomes, where it is one; `entry_fields` are the fields
    of an object or of the entries of a list; `default` is the built-in value in words or as it is written.
    """

    name: str
    shape: Shape
    description: str
    merge: Merge = Merge.REPLACE
    templates: Templates = Templates.VARIANT
    default: str = ""
    example: str = ""
    entry_fields: tuple[EntryField, ...] = ()
    choices: tuple[str, ...] = ()
    attribute: Attribute | None = None
    whole_project: bool = True

    @property
    def identity(self) -> str:
        """The field of an entry that makes two entries the same."""
        return self.attribute.identity if self.attribute is not None else ""


@dataclass(frozen=True, slots=True)
class SettingSpec:
    """One project setting; scalar ones can also be set by the environment variable `variable`."""

    name: str
    shape: Shape
    description: str
    default: str | tuple[str, ...] | None = None
    default_words: str = ""
    example: str = ""
    choices: tuple[str, ...] = ()
    entry_fields: tuple[EntryField, ...] = ()

    @property
    def variable(self) -> str:
        """The environment variable that sets it, or an empty text."""
        if self.shape not in (Shape.TEXT, Shape.INTEGER):
            return ""
        return "BAKEGEN_" + self.name.upper().replace("-", "_")


def _cache_fields() -> tuple[EntryField, ...]:
    own = (
        EntryField("backend", description="Where caches are kept.", choices=tuple(BACKENDS)),
        EntryField(
            "policy",
            description="Who writes caches: each trusted branch its own, only the default branch, or nobody.",
            choices=("branch", "default-only", "none"),
        ),
    )
    seen = {field.name for field in own}
    fields = list(own)
    for backend in BACKENDS.values():
        for field in backend.fields.values():
            if field.name not in seen and not field.secret:
                seen.add(field.name)
                fields.append(field)
    return tuple(fields)


CACHE_FIELDS = _cache_fields()
"""The fields of `cache`: backend, policy, and the fields of every backend."""

ARTIFACT_FIELDS = (
    EntryField("stage", description="The stage whose files they are; without it what the image itself is made from."),
    EntryField(
        "paths",
        Kind.TEXTS,
        "Files and folders from the root of the stage, with `*`, `?`, `[…]` and `**` as in a .dockerignore.",
        required=True,
    ),
    EntryField("exclude", Kind.TEXTS, "What of these is left out, in the same patterns."),
    EntryField("level", Kind.INTEGER, "The level of zstd, 1 to 19; 3 without it."),
    EntryField(
        "times",
        description="`keep`: files have the times at which they were changed, in whole seconds, for tools that compare "
        "them; without it all get the moment of the pull.",
        choices=("keep", "drop"),
    ),
)
"""The fields of each of `artifacts`."""

_SHAPES = {
    Kind.TEXT: Shape.TEXT,
    Kind.BOOL: Shape.BOOL,
    Kind.INTEGER: Shape.INTEGER,
    Kind.TEXTS: Shape.TEXTS,
    Kind.MAP: Shape.MAP,
    Kind.ENTRIES: Shape.ENTRIES,
    Kind.OBJECT: Shape.OBJECT,
}

_EXAMPLES = {
    "args": '{VERSION: "{{ version }}"}',
    "annotations": '["org.opencontainers.image.title=go {{ version }}"]',
    "attest": "[{type: provenance, mode: max}]",
    "call": "check",
    "context": ".",
    "contexts": '{src: "../../src"}',
    "description": "Go {{ version }} toolchain",
    "dockerfile": "Dockerfile.j2",
    "dockerfile-inline": "FROM scratch",
    "entitlements": "[network.host]",
    "extra-hosts": "{mirror: 10.0.0.1}",
    "labels": '{org.opencontainers.image.version: "{{ version }}"}',
    "network": "none",
    "no-cache": "true",
    "no-cache-filter": "[test]",
    "output": "[{type: local, dest: dist}]",
    "platforms": "[linux/amd64, linux/arm64]",
    "policy": "[{filename: policy.rego}]",
    "pull": "true",
    "resources": "{memory: 2g}",
    "secret": "[{id: netrc, env: NETRC}]",
    "shm-size": "64m",
    "ssh": "[{id: default}]",
    "tags": '["{{ repository }}:{{ version }}"]',
    "target": "runtime",
    "ulimits": '["nofile=1024:1024"]',
}

_DEFAULTS = {
    "context": "the image's folder",
    "dockerfile": "`Dockerfile.j2` or `Dockerfile`, whichever is there",
}


def _from_attribute(attribute: Attribute) -> FieldSpec:
    return FieldSpec(
        attribute.name,
        _SHAPES[attribute.kind],
        attribute.description,
        merge=attribute.merge,
        default=_DEFAULTS.get(attribute.name, ""),
        example=_EXAMPLES.get(attribute.name, ""),
        entry_fields=attribute.entry_fields,
        choices=attribute.choices,
        attribute=attribute,
    )


_OWN = (
    FieldSpec(
        "matrix",
        Shape.MATRIX,
        "Versions and other axes; one variant for each combination.",
        templates=Templates.NEVER,
        example='{axes: {version: ["1.22", "1.23"]}}',
        whole_project=False,
    ),
    FieldSpec(
        "name",
        Shape.TEXT,
        "Name of a variant, which is its bake target; made fit for bake by replacing what it does not take by `-`.",
        default="the image and the value of each axis, joined by `-`",
        example='"{{ image }}-{{ version }}"',
    ),
    FieldSpec(
        "repository",
        Shape.TEXT,
        "Repository that the image and its caches go to.",
        default="the project's `repository`",
        example='"{{ registry }}/tools/{{ image }}"',
    ),
    FieldSpec(
        "cache",
        Shape.OBJECT,
        "Where and how caches are kept; another `backend` starts afresh, only `policy` is kept.",
        merge=Merge.KEYS,
        default="the project's `cache`",
        example="{mode: min}",
        entry_fields=CACHE_FIELDS,
    ),
    FieldSpec(
        "ignore",
        Shape.TEXTS,
        "Patterns added to the context's own ignore file, in the variant's own `<Dockerfile>.dockerignore`; "
        "image.yaml and a template are left out by themselves then, and in a matrix also where a Dockerfile copies all "
        "of the folder that they are in.",
        merge=Merge.APPEND,
        example='["go.v*.mod", "!go.v{{ version }}.mod"]',
    ),
    FieldSpec(
        "rewrite",
        Shape.TEXT,
        "How far the Dockerfile is rewritten for better caching: not at all, where the image is proved to stay the "
        "same, or also by what is known of package managers (`bakegen verify` shows it by building).",
        default="off",
        example="proved",
        choices=("off", "proved", "assumed"),
    ),
    FieldSpec(
        "rewrite-only",
        Shape.TEXTS,
        "The rewrites that are made; all that are on by default without it (`bakegen rewrite --list`).",
        example="[add-link, sink-arg]",
    ),
    FieldSpec(
        "rewrite-skip",
        Shape.TEXTS,
        "Rewrites that are left out.",
        merge=Merge.APPEND,
        example="[cache-mount]",
    ),
    FieldSpec(
        "stages",
        Shape.TEXTS,
        "Expensive or shared stages that get a bake target and a cache of their own, built first.",
        merge=Merge.APPEND,
        example="[toolchain]",
    ),
    FieldSpec(
        "budget",
        Shape.DURATION,
        "How long (`90s`, `10m`, `1h30m`) the steps of a variant may take together where no cache helps, those of "
        "images that it builds on not counted; `bakegen build` and `bakegen list --costs` warn where they take longer.",
        default="none",
        example="10m",
    ),
    FieldSpec(
        "artifacts",
        Shape.NAMED,
        "Files that are pushed beside the image, each set as one zstd layer under a content key of its own; "
        "`bakegen build` makes them, `bakegen pull TARGET/NAME --to FOLDER` gets them on another machine. Paths stay "
        "as they are in the stage, rights too; owners, times and extended attributes do not.",
        merge=Merge.KEYS,
        example='{headers: {stage: build, paths: [/out/include], exclude: ["**/*.a", "**/*.o"], level: 3}}',
        entry_fields=ARTIFACT_FIELDS,
    ),
    FieldSpec(
        "branch-tags",
        Shape.TEXTS,
        "Tags that depend on the branch; they go into the override file.",
        templates=Templates.LATER,
        example='["{{ repository }}:{{ branch }}"]',
    ),
    FieldSpec(
        "ci-labels",
        Shape.MAP,
        "Labels with facts of the commit and the CI run; they go into the override file.",
        merge=Merge.KEYS,
        templates=Templates.LATER,
        example='{org.opencontainers.image.revision: "{{ git.commit }}"}',
    ),
    FieldSpec(
        "vars",
        Shape.FREE,
        "Values of your own for templates, as `vars.NAME`.",
        merge=Merge.KEYS,
        example="{packages: [curl, git]}",
    ),
    FieldSpec(
        "selections",
        Shape.SELECTIONS,
        "What this image adds to the project's selections.",
        templates=Templates.NEVER,
        example='{nightly: "newest 1 of version"}',
        whole_project=False,
    ),
    FieldSpec(
        "pin",
        Shape.BOOL,
        "Whether base images are pinned to the digests in `bakegen.lock`, by named contexts.",
        default="true",
        example="false",
    ),
    FieldSpec(
        "default",
        Shape.BOOL,
        "Whether the variants are in the group `default`, which a plain `docker buildx bake` builds.",
        default="true",
        example="false",
    ),
)

IMAGE_FIELDS: Mapping[str, FieldSpec] = MappingProxyType(
    {
        field.name: field
        for field in (
            *(_from_attribute(attribute) for attribute in ATTRIBUTES.values() if attribute.user),
            *_OWN,
        )
    }
)
"""Every field of image.yaml by name: those that become bake target attributes first, then bakegen's own."""

SETTINGS: Mapping[str, SettingSpec] = MappingProxyType(
    {
        setting.name: setting
        for setting in (
            SettingSpec(
                "registry",
                Shape.TEXT,
                "Registry and path that images are pushed to and caches kept in.",
                default_words="none: caches in a local folder, images loaded into the engine",
                example="registry.example.com/team",
            ),
            SettingSpec(
                "repository",
                Shape.TEXT,
                "Template of an image's repository.",
                default_words='`"{{ registry }}/{{ image }}"`, or `"{{ image }}"` where no registry is set',
                example='"{{ registry }}/{{ image }}"',
            ),
            SettingSpec(
                "default-branch",
                Shape.TEXT,
                "The branch whose caches every other branch reads.",
                default="master",
                example="main",
            ),
            SettingSpec(
                "fallbacks",
                Shape.TEXTS,
                "Further branches whose caches are read.",
                default=(),
                example="[release/1.x]",
            ),
            SettingSpec(
                "min-buildx",
                Shape.TEXT,
                "The oldest buildx that has to read the bake file; decides syntax and attributes.",
                default="0.20",
                example='"0.29"',
            ),
            SettingSpec(
                "images",
                Shape.TEXTS,
                "Folders of images, with `*`, `?` and `[…]`; a folder with an image.yaml is an image.",
                default=("images/*",),
                example='["images/*", "tools/builder"]',
            ),
            SettingSpec(
                "templates",
                Shape.TEXT,
                "Folder of the templates that Dockerfile.j2 files include.",
                default="templates",
                example="templates",
            ),
            SettingSpec(
                "rendered",
                Shape.TEXT,
                "Folder that rendered Dockerfiles are written to.",
                default=".bakegen",
                example=".bakegen",
            ),
            SettingSpec(
                "max-targets",
                Shape.INTEGER,
                "The most variants that may be made; more are an error before any is made.",
                default="2000",
                example="5000",
            ),
            SettingSpec(
                "checkpoint-after",
                Shape.DURATION,
                "How long (`90s`, `10m`) the steps of a stage take, where no cache helps, for `bakegen build` to give "
                "it a cache of its own, built first, as `stages` do. It knows that from reports of earlier builds; "
                "where such a cache is in the registry, later builds read it without them.",
                default="2m",
                example="10m",
            ),
            SettingSpec(
                "push",
                Shape.TEXT,
                "Whether trusted builds push their images.",
                default="trusted",
                choices=("trusted", "never"),
                example="never",
            ),
            SettingSpec(
                "cache",
                Shape.OBJECT,
                "Where and how caches are kept.",
                default_words=(
                    "`{backend: registry, policy: branch, mode: max, compression: zstd}`, "
                    "or the backend `local` where no registry is set"
                ),
                example="{policy: default-only}",
                entry_fields=CACHE_FIELDS,
            ),
            SettingSpec(
                "ancestors",
                Shape.INTEGER,
                "How many commits before this one (first parents, at most 50) `bakegen build` looks at for an image to "
                "read as a cache, where no cache of a target is in the registry. With a number over 0, trusted builds "
                "write `type=inline` into the images that they push, whose bytes are not reproducible then.",
                default="0",
                example="8",
            ),
            SettingSpec(
                "selections",
                Shape.SELECTIONS,
                "Named choices of variants; each is a group of the bake file.",
                example='{pr: "newest 2 of version", nightly: all}',
            ),
            SettingSpec(
                "events",
                Shape.EVENTS,
                "What `bakegen build --for-event` builds, by what started the build: a selection, a group, a target, "
                "a glob of targets, or a list of these.",
                default_words="`pr` for pull-request and branch, `nightly` for nightly and release, where there are "
                "selections of these names; else the group `default`",
                example="{branch: default, release: [stages, default]}",
                entry_fields=tuple(EntryField(event, Kind.TEXTS, meaning) for event, meaning in EVENTS.items()),
            ),
            SettingSpec(
                "defaults",
                Shape.FIELDS,
                "Image fields that hold for every image that does not say otherwise.",
                example="{platforms: [linux/amd64]}",
            ),
        )
    }
)
"""Every project setting by name."""
