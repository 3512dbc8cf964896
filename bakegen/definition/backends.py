"""The one table of cache backends with all their fields, and the reader of cache entries.

Sources: BuildKit's README ("Export cache") and ``cache/remotecache``; `since` is the first BuildKit release
whose source knows the field. A cache entry in a definition may be a mapping or CSV text; it becomes one
`CacheEntry` either way.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from bakegen.definition.attributes import Direction, EntryField, Kind
from bakegen.definition.entries import Problem, as_text, check_value, read_csv
from bakegen.diagnostics import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Backend:
    """A cache backend: its `type`, the first BuildKit that has it, its fields."""

    type: str
    since: str
    description: str
    fields: Mapping[str, EntryField]


@dataclass(frozen=True, slots=True)
class CacheEntry:
    """One cache to read or write: the backend and its attributes, in the order they were given."""

    type: str
    attributes: Mapping[str, str]

    def as_value(self) -> Mapping[str, str]:
        """The entry as the value of a bake attribute: one mapping with `type` first."""
        return {"type": self.type, **self.attributes}


def _field(
    name: str,
    description: str,
    *,
    kind: Kind = Kind.TEXT,
    direction: Direction = Direction.BOTH,
    required: bool = False,
    secret: bool = False,
    since: str = "",
    choices: tuple[str, ...] = (),
) -> EntryField:
    return EntryField(name, kind, description, required, choices, secret, since, direction)


_TO = Direction.TO
_FROM = Direction.FROM

_EXPORT = (
    _field(
        "mode",
        "`max` exports the steps of all stages, `min` those in the image.",
        direction=_TO,
        choices=("min", "max"),
    ),
    _field(
        "ignore-error",
        "A failed export does not fail the build.",
        kind=Kind.BOOL,
        direction=_TO,
        since="0.11",
    ),
)

# estargz is a compression of BuildKit's, but it crashed engines as a cache compression.
_LAYERS = (
    _field(
        "compression",
        "Compression of exported layers.",
        direction=_TO,
        since="0.10",
        choices=("uncompressed", "gzip", "zstd"),
    ),
    _field(
        "compression-level",
        "0-9 for gzip, 0-22 for zstd.",
        kind=Kind.INTEGER,
        direction=_TO,
        since="0.10",
    ),
    _field(
        "force-compression",
        "Compress layers again that exist otherwise.",
        kind=Kind.BOOL,
        direction=_TO,
        since="0.10",
    ),
    _field(
        "oci-mediatypes",
        "OCI media types (the default of current engines).",
        kind=Kind.BOOL,
        direction=_TO,
        since="0.8",
    ),
    _field(
        "image-manifest",
        "An image manifest in place of an index (the default of current engines).",
        kind=Kind.BOOL,
        direction=_TO,
        since="0.12",
    ),
)

_BLOBS = (
    _field("prefix", "Prefix of everything that is stored."),
    _field("blobs_prefix", "Prefix of the blobs."),
    _field("manifests_prefix", "Prefix of the manifests."),
    _field("name", "Name of the manifest; cache-to may list several, separated by `;`."),
)


def _backend(type: str, since: str, description: str, *fields: EntryField) -> Backend:
    return Backend(type, since, description, MappingProxyType({field.name: field for field in fields}))


_TABLE = (
    _backend(
        "registry",
        "0.3",
        "A tag in a registry.",
        _field("ref", "Repository and tag of the cache.", required=True),
        *_EXPORT,
        *_LAYERS,
        _field("registry.insecure", "Allow a registry without valid TLS.", kind=Kind.BOOL, since="0.12"),
    ),
    _backend(
        "local",
        "0.4",
        "A folder on the machine that runs buildx.",
        _field("dest", "Folder to write.", direction=_TO, required=True),
        _field("src", "Folder to read.", direction=_FROM, required=True),
        _field("digest", "Digest of the manifest to read.", direction=_FROM),
        _field("tag", "Tag in the folder's index.", since="0.11"),
        _field(
            "reset",
            "Remove blobs that no manifest refers to.",
            kind=Kind.BOOL,
            direction=_TO,
            since="0.31",
        ),
        *_EXPORT,
        *_LAYERS,
    ),
    _backend("inline", "0.4", "Inside the image that is pushed; final stage only."),
    _backend(
        "gha",
        "0.9",
        "The cache service of GitHub Actions.",
        _field("scope", "Name of the cache; one name a target."),
        _field("url", "Address of the cache service; buildx takes ACTIONS_CACHE_URL."),
        _field("url_v2", "Address of the second version; buildx takes ACTIONS_RESULTS_URL.", since="0.20"),
        _field("version", "Version of the service.", since="0.20", choices=("1", "2")),
        _field("timeout", "Longest time an import or export may take, such as `10m`.", since="0.13"),
        _field("repository", "Repository whose caches are listed.", since="0.14"),
        _field(
            "token",
            "buildx takes it from ACTIONS_RUNTIME_TOKEN by itself",
            secret=True,
        ),
        _field(
            "ghtoken",
            "give it to the build as an environment variable of the CI job, not in a file",
            secret=True,
            since="0.14",
        ),
        *_EXPORT,
    ),
    _backend(
        "s3",
        "0.11",
        "A bucket.",
        _field("bucket", "Name of the bucket; the engine also takes AWS_BUCKET."),
        _field("region", "Region of the bucket; the engine also takes AWS_REGION."),
        *_BLOBS,
        _field("endpoint_url", "Address of a service that speaks S3."),
        _field("use_path_style", "Bucket in the path, not in the host name.", kind=Kind.BOOL),
        _field("access_key_id", "Public half of a key pair; better left to AWS_ACCESS_KEY_ID."),
        _field("secret_access_key", "buildx takes it from AWS_SECRET_ACCESS_KEY or the AWS profile", secret=True),
        _field("session_token", "buildx takes it from AWS_SESSION_TOKEN or the AWS profile", secret=True),
        _field("touch_refresh", "How often unchanged blobs are touched, such as `24h`.", direction=_TO),
        _field(
            "upload_parallelism",
            "Layers uploaded at a time.",
            kind=Kind.INTEGER,
            direction=_TO,
            since="0.16",
        ),
        _field("disable_accept_encoding", "Leave Accept-Encoding unsigned.", kind=Kind.BOOL, since="0.30"),
        _field("retry_mode", "Retries of the AWS client.", since="0.30", choices=("standard", "adaptive")),
        _field("retry_max_attempts", "Attempts a request.", kind=Kind.INTEGER, since="0.30"),
        *_EXPORT,
    ),
    _backend(
        "azblob",
        "0.11",
        "A container of Azure Blob Storage.",
        _field("account_url", "Address of the storage account."),
        _field("account_name", "Name of the storage account.", since="0.12"),
        _field(
            "secret_access_key",
            "the engine takes it from BUILDKIT_AZURE_STORAGE_SECRET_ACCESS_KEY or its managed identity",
            secret=True,
        ),
        _field("container", "Name of the container."),
        *_BLOBS,
        *_EXPORT,
    ),
)

BACKENDS: Mapping[str, Backend] = MappingProxyType({backend.type: backend for backend in _TABLE})
"""Every cache backend by its type."""

_LEVELS = {"gzip": 9, "zstd": 22}


def parse_cache_entry(
    value: str | Mapping[str, object], direction: Direction
) -> tuple[CacheEntry | None, tuple[Problem, ...]]:
    """Read one cache entry, a mapping or CSV text (or a bare reference, which means a registry).

    `direction` is FROM or TO for an entry of that list, or BOTH for settings that serve both: fields of
    either direction are welcome then and none is missing. Gives the entry, or None where it cannot be
    read, and every problem found.
    """
    if isinstance(value, str):
        read = _read_text(value)
        if isinstance(read, Problem):
            return None, (read,)
        raw: Mapping[str, object] = read
    else:
        raw = value
    type = raw.get("type", "registry" if "ref" in raw else None)
    if type is None:
        return None, (Problem("cache-type", "a cache entry needs a type", None, _known_types()),)
    backend = BACKENDS.get(str(type))
    if backend is None:
        advice = did_you_mean(str(type), BACKENDS) or _known_types()
        return None, (Problem("cache-type", f"no cache backend is called {str(type)!r}", "type", advice),)
    problems: list[Problem] = []
    attributes: dict[str, str] = {}
    for name, given in raw.items():
        if name == "type":
            continue
        checked = _check(backend, name, as_text(given), direction)
        if isinstance(checked, Problem):
            problems.append(checked)
        else:
            attributes[name] = checked
    problems += _check_together(backend, raw, attributes, direction)
    return (None if problems else CacheEntry(backend.type, attributes)), tuple(problems)


def _known_types() -> str:
    return "one of " + ", ".join(BACKENDS)


def _read_text(line: str) -> Mapping[str, object] | Problem:
    if "=" not in line and "," not in line and '"' not in line:
        return {"type": "registry", "ref": line}
    return read_csv("cache", line)


def _check(backend: Backend, name: str, text: str, direction: Direction) -> Problem | str:
    field = backend.fields.get(name)
    if field is None:
        if backend.type == "inline":
            advice: str | None = "inline takes no fields: it always keeps the final stage only"
        else:
            advice = did_you_mean(name, backend.fields) or "known are " + ", ".join(backend.fields)
        return Problem("cache-field", f"a {backend.type} cache has no field {name!r}", name, advice)
    if Direction.BOTH not in (direction, field.direction) and direction is not field.direction:
        return Problem("cache-field", f"{name!r} belongs to {field.direction}, not to {direction}", name)
    if name == "compression" and text == "estargz":
        return Problem(
            "cache-estargz", "a cache compressed with estargz crashes engines", name, "use compression: zstd"
        )
    return check_value(f"a {backend.type} cache", field, text)


def _check_together(
    backend: Backend, raw: Mapping[str, object], attributes: Mapping[str, str], direction: Direction
) -> list[Problem]:
    problems: list[Problem] = []
    if direction is not Direction.BOTH:
        for field in backend.fields.values():
            here = field.direction in (Direction.BOTH, direction)
            if field.required and here and field.name not in raw:
                message = f"a {backend.type} cache in {direction} needs {field.name!r}"
                problems.append(Problem("cache-field", message, field.name, field.description))
    level = attributes.get("compression-level")
    if level is not None:
        compression = attributes.get("compression", "gzip")
        most = _LEVELS.get(compression)
        if most is None or not 0 <= int(level) <= most:
            advice = "gzip has levels 0-9, zstd 0-22"
            message = f"{compression} has no compression level {level}"
            problems.append(Problem("cache-value", message, "compression-level", advice))
    return problems
