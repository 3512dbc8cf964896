"""The one table of bake target attributes: name, type, first buildx version, how files and `inherits` merge it.

Loader, JSON Schema, reference page and the bake file writer all derive from this table. Sources: buildx's
``docs/bake-reference.md``, the ``Target`` struct and its ``Merge`` in ``bake/bake.go``, and the entry types in
``util/buildflags``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

OBJECT_ENTRIES_SINCE = "0.20"
"""The first buildx that takes objects, not only CSV text, for cache, output, secret, ssh and attest entries."""


class Kind(StrEnum):
    """The type of an attribute or of an entry's field."""

    TEXT = "text"
    BOOL = "bool"
    INTEGER = "integer"
    TEXTS = "list of text"
    MAP = "map of text"
    ENTRIES = "list of entries"
    OBJECT = "object"


class Merge(StrEnum):
    """What happens when an inherited target, or a later file, sets the attribute again (`Target.Merge`)."""

    REPLACE = "replace"
    """The last one counts."""
    KEYS = "merge keys"
    """Maps are merged; the last value of a key counts."""
    APPEND = "append"
    """Lists are joined; equal elements stay once."""
    BY_FIELD = "append by field"
    """Entries are joined; the last entry with the same identifying field counts."""


class Direction(StrEnum):
    """Where a field of a cache entry may stand."""

    BOTH = "cache-from and cache-to"
    FROM = "cache-from"
    TO = "cache-to"


@dataclass(frozen=True, slots=True)
class EntryField:
    """A field of an entry (a cache, an output, a secret) or of an object attribute.

    `since` is the first BuildKit that knows it, where that is newer than the entry itself. A `secret` field
    never stands in a file: `description` then says where the value comes from instead.
    """

    name: str
    kind: Kind = Kind.TEXT
    description: str = ""
    required: bool = False
    choices: tuple[str, ...] = ()
    secret: bool = False
    since: str = ""
    direction: Direction = Direction.BOTH


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute of a bake target.

    `user` is False for those that bakegen writes itself and an image definition cannot set. `free_fields`
    means that entries may carry fields beyond `entry_fields`. `identity` names the field that makes two
    entries the same under `Merge.BY_FIELD`.
    """

    name: str
    kind: Kind
    since: str
    description: str
    entry_fields: tuple[EntryField, ...] = ()
    choices: tuple[str, ...] = ()
    merge: Merge = Merge.REPLACE
    identity: str = ""
    free_fields: bool = False
    user: bool = True

    def field(self, name: str) -> EntryField | None:
        """The entry field called `name`, or None."""
        return next((f for f in self.entry_fields if f.name == name), None)


_VERSION = re.compile(r"v?(\d+(?:\.\d+)*)(?:[-+~][0-9A-Za-z.+~-]*)?")


def parse_version(text: str) -> tuple[int, ...]:
    """`v0.29.1+ds1` as ``(0, 29, 1)``, for comparison; pre-release and build parts are left out.

    Raises ValueError where `text` is not a version.
    """
    match = _VERSION.fullmatch(text.strip())
    if match is None or len(match[1]) > 40:
        raise ValueError(f"not a version: {text!r}")
    return tuple(int(part) for part in match[1].split("."))


_COMPRESSIONS = ("uncompressed", "gzip", "estargz", "zstd")

_OUTPUT_FIELDS = (
    EntryField(
        "type",
        description="What is exported.",
        required=True,
        choices=("image", "registry", "local", "tar", "oci", "docker", "cacheonly"),
    ),
    EntryField("dest", description="File or folder that local, tar, oci and docker write to."),
    EntryField("name", description="Name of the image."),
    EntryField("push", Kind.BOOL, "Push the image when it is built."),
    EntryField("push-by-digest", Kind.BOOL, "Push without a tag."),
    EntryField("registry.insecure", Kind.BOOL, "Allow a registry without valid TLS."),
    EntryField("unpack", Kind.BOOL, "Unpack the image into the engine's snapshots."),
    EntryField("store", Kind.BOOL, "Keep the image in the engine's image store."),
    EntryField("dangling-name-prefix", description="Name prefix of an image without a tag."),
    EntryField("danging-name-empty-only", Kind.BOOL, "Use the dangling prefix only where no name is given."),
    EntryField("name-canonical", Kind.BOOL, "Add the name with its digest."),
    EntryField("compression", description="Compression of new layers.", choices=_COMPRESSIONS),
    EntryField("compression-level", Kind.INTEGER, "0-9 for gzip and estargz, 0-22 for zstd."),
    EntryField("force-compression", Kind.BOOL, "Compress existing layers again."),
    EntryField("rewrite-timestamp", Kind.BOOL, "Set file times to SOURCE_DATE_EPOCH."),
    EntryField("oci-mediatypes", Kind.BOOL, "OCI media types in manifests."),
    EntryField("oci-artifact", Kind.BOOL, "OCI artifact form for attestations."),
    EntryField("attestation-inline", Kind.BOOL, "Always attach attestations."),
    EntryField("attestation-prefix", description="File name prefix of exported attestations."),
    EntryField("prefer-nondist-layers", Kind.BOOL, "Keep non-distributable layer types."),
    EntryField("prefer-image-digest", Kind.BOOL, "Report the manifest digest."),
    EntryField("source-date-epoch", description="Seconds since 1970 that created times are set to."),
    EntryField("buildinfo", Kind.BOOL, "Attach build information."),
    EntryField("buildinfo-attrs", Kind.BOOL, "Attach build information attributes."),
    EntryField("tar", Kind.BOOL, "Write one tar file (default) or a folder."),
    EntryField("context", description="Docker context that a docker output loads into."),
    EntryField("platform-split", Kind.BOOL, "A folder a platform."),
    EntryField("mode", description="How a local output meets existing files.", choices=("copy", "delete")),
)

_CACHE_TYPE = (
    EntryField(
        "type",
        description="The cache backend; its fields are in the table of backends.",
        required=True,
        choices=("registry", "gha", "s3", "azblob", "local", "inline"),
    ),
)

_TABLE = (
    Attribute("inherits", Kind.TEXTS, "0.2", "Targets whose attributes this one takes.", user=False),
    Attribute("matrix", Kind.MAP, "0.11", "Axes that bake itself forks the target over.", user=False),
    Attribute("name", Kind.TEXT, "0.11", "Name of a target with a matrix.", user=False),
    Attribute("description", Kind.TEXT, "0.16", "What the target is, for people."),
    Attribute("context", Kind.TEXT, "0.2", "Build context: a folder or URL."),
    Attribute("dockerfile", Kind.TEXT, "0.2", "Dockerfile, relative to the folder of the image's definition."),
    Attribute("dockerfile-inline", Kind.TEXT, "0.5", "Dockerfile text; wins over `dockerfile`."),
    Attribute("target", Kind.TEXT, "0.2", "Stage to build."),
    Attribute("args", Kind.MAP, "0.2", "Build arguments.", merge=Merge.KEYS),
    Attribute("contexts", Kind.MAP, "0.8", "Named build contexts.", merge=Merge.KEYS),
    Attribute("platforms", Kind.TEXTS, "0.2", "Platforms to build for."),
    Attribute("tags", Kind.TEXTS, "0.2", "Image names with tags."),
    Attribute("labels", Kind.MAP, "0.2", "Image labels.", merge=Merge.KEYS),
    Attribute("annotations", Kind.TEXTS, "0.12", "Image annotations, `key=value`.", merge=Merge.APPEND),
    Attribute(
        "cache-from",
        Kind.ENTRIES,
        "0.2",
        "Caches that are read.",
        _CACHE_TYPE,
        merge=Merge.APPEND,
        free_fields=True,
        user=False,
    ),
    Attribute(
        "cache-to",
        Kind.ENTRIES,
        "0.2",
        "Caches that are written.",
        _CACHE_TYPE,
        free_fields=True,
        user=False,
    ),
    Attribute("output", Kind.ENTRIES, "0.2", "Where the result goes.", _OUTPUT_FIELDS),
    Attribute(
        "attest",
        Kind.ENTRIES,
        "0.10",
        "Attestations; fields depend on the type.",
        (
            EntryField("type", required=True, description="`provenance` or `sbom`."),
            EntryField("disabled", Kind.BOOL, "Switch the attestation off."),
            EntryField("mode", description="How much provenance tells.", choices=("min", "max")),
            EntryField("version", description="SLSA provenance version, such as `v1`."),
            EntryField("builder-id", description="Builder that provenance names."),
            EntryField("filename", description="Name of the provenance file."),
            EntryField("reproducible", Kind.BOOL, "Claim reproducibility."),
            EntryField("inline-only", Kind.BOOL, "Only for exporters that can inline it."),
            EntryField("generator", description="Image that generates the SBOM."),
        ),
        merge=Merge.BY_FIELD,
        identity="type",
        free_fields=True,
    ),
    Attribute(
        "secret",
        Kind.ENTRIES,
        "0.2",
        "Secrets that steps can mount.",
        (
            EntryField("type", description="Where the secret comes from.", choices=("file", "env")),
            EntryField("id", required=True, description="Name that the Dockerfile mounts."),
            EntryField("src", description="File that holds it."),
            EntryField("env", description="Environment variable that holds it."),
        ),
        merge=Merge.BY_FIELD,
        identity="id",
    ),
    Attribute(
        "ssh",
        Kind.ENTRIES,
        "0.2",
        "SSH agents or keys that steps can mount.",
        (
            EntryField("id", required=True, description="Name that the Dockerfile mounts; mostly `default`."),
            EntryField("paths", Kind.TEXTS, "Agent socket, or key files."),
        ),
        merge=Merge.BY_FIELD,
        identity="id",
    ),
    Attribute("pull", Kind.BOOL, "0.4", "Always ask the registry for base images."),
    Attribute("no-cache", Kind.BOOL, "0.4", "Build without any cache."),
    Attribute("no-cache-filter", Kind.TEXTS, "0.8", "Stages that are built without cache.", merge=Merge.APPEND),
    Attribute("network", Kind.TEXT, "0.17", "Network of RUN steps.", choices=("default", "host", "none")),
    Attribute("entitlements", Kind.TEXTS, "0.17", "Permissions the build asks for.", merge=Merge.APPEND),
    Attribute("extra-hosts", Kind.MAP, "0.25", "Host names and their addresses.", merge=Merge.KEYS),
    Attribute("shm-size", Kind.TEXT, "0.13", "Size of /dev/shm in RUN steps."),
    Attribute("ulimits", Kind.TEXTS, "0.13", "Limits of RUN steps, `type=soft:hard`.", merge=Merge.APPEND),
    Attribute(
        "resources",
        Kind.OBJECT,
        "0.35",
        "Resource limits of RUN steps.",
        (
            EntryField("memory", description="Memory limit, such as `2g`."),
            EntryField("memory-swap", description="Limit of memory and swap together."),
            EntryField("cpu-shares", Kind.INTEGER, "Relative weight."),
            EntryField("cpu-period", Kind.INTEGER, "Length of a scheduling period in microseconds."),
            EntryField("cpu-quota", Kind.INTEGER, "CPU time in a period in microseconds."),
            EntryField("cpuset-cpus", description="CPUs to run on, such as `0-3`."),
            EntryField("cpuset-mems", description="Memory nodes to use."),
        ),
        merge=Merge.KEYS,
    ),
    Attribute("call", Kind.TEXT, "0.16", "Frontend method to run.", choices=("build", "check", "outline", "targets")),
    Attribute(
        "policy",
        Kind.ENTRIES,
        "0.31",
        "Policies that sources must pass.",
        (
            EntryField("filename", description="Policy file."),
            EntryField("reset", Kind.BOOL, "Forget the policies named before."),
            EntryField("disabled", Kind.BOOL, "Switch policies off."),
            EntryField("strict", Kind.BOOL, "Fail where the builder cannot enforce policies."),
            EntryField("log-level", description="Log level of the evaluation."),
        ),
        merge=Merge.APPEND,
    ),
)

ATTRIBUTES: Mapping[str, Attribute] = MappingProxyType({attribute.name: attribute for attribute in _TABLE})
"""Every attribute by name, in the order in which the bake file writes them."""
