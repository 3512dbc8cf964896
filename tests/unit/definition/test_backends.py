"""The table of cache backends and the reader of cache entries."""

from __future__ import annotations

import pytest

from bakegen.definition.attributes import Direction, parse_version
from bakegen.definition.backends import BACKENDS, CacheEntry, parse_cache_entry

FROM, TO, BOTH = Direction.FROM, Direction.TO, Direction.BOTH


def test_every_backend_and_field() -> None:
    export = {"mode", "ignore-error"}
    layers = {"oci-mediatypes", "compression", "compression-level", "force-compression", "image-manifest"}
    blobs = {"prefix", "blobs_prefix", "manifests_prefix", "name"}
    s3 = (
        "bucket region endpoint_url use_path_style access_key_id secret_access_key session_token touch_refresh "
        "upload_parallelism retry_mode retry_max_attempts disable_accept_encoding"
    )
    assert {name: set(backend.fields) for name, backend in BACKENDS.items()} == {
        "registry": {"ref", "registry.insecure"} | export | layers,
        "local": {"dest", "src", "digest", "tag", "reset"} | export | layers,
        "inline": set(),
        "gha": {"scope", "url", "url_v2", "token", "timeout", "version", "repository", "ghtoken"} | export,
        "s3": set(s3.split()) | blobs | export,
        "azblob": {"account_url", "account_name", "secret_access_key", "container"} | blobs | export,
    }


@pytest.mark.parametrize("name", list(BACKENDS))
def test_a_row_of_the_table_is_whole(name: str) -> None:
    backend = BACKENDS[name]
    for field in backend.fields.values():
        assert field.description
        if field.since:
            assert parse_version(field.since) >= parse_version(backend.since)


def test_the_secrets() -> None:
    secret = {f"{b.type}.{f.name}" for b in BACKENDS.values() for f in b.fields.values() if f.secret}
    assert secret == {
        "gha.token",
        "gha.ghtoken",
        "s3.secret_access_key",
        "s3.session_token",
        "azblob.secret_access_key",
    }


@pytest.mark.parametrize(
    ("value", "direction", "entry"),
    [
        ("r.example/x:cache", FROM, CacheEntry("registry", {"ref": "r.example/x:cache"})),
        (
            "type=registry,ref=r/x:c,mode=max",
            TO,
            CacheEntry("registry", {"ref": "r/x:c", "mode": "max"}),
        ),
        ({"ref": "r/x:c"}, FROM, CacheEntry("registry", {"ref": "r/x:c"})),
        (
            {"type": "local", "dest": "d", "compression": "zstd", "compression-level": 22},
            TO,
            CacheEntry("local", {"dest": "d", "compression": "zstd", "compression-level": "22"}),
        ),
        ({"type": "inline"}, TO, CacheEntry("inline", {})),
        (
            'type=local,"src=a,b"',
            FROM,
            CacheEntry("local", {"src": "a,b"}),
        ),
        (
            {"type": "s3", "bucket": "b", "use_path_style": True},
            BOTH,
            CacheEntry("s3", {"bucket": "b", "use_path_style": "true"}),
        ),
        ({"type": "registry", "compression": "zstd"}, BOTH, CacheEntry("registry", {"compression": "zstd"})),
    ],
)
def test_entries(value: str | dict[str, object], direction: Direction, entry: CacheEntry) -> None:
    assert parse_cache_entry(value, direction) == (entry, ())


@pytest.mark.parametrize(
    ("value", "direction", "code", "words"),
    [
        ("type=registri,ref=x", TO, "cache-type", "did you mean 'registry'"),
        ("mode=max", TO, "cache-type", "needs a type"),
        ({"type": "registry"}, TO, "cache-field", "needs 'ref'"),
        ({"type": "local", "dest": "d"}, FROM, "cache-field", "not to cache-from"),
        ({"type": "inline", "mode": "max"}, TO, "cache-field", "final stage"),
        ({"type": "registry", "ref": "x", "mod": "max"}, TO, "cache-field", "did you mean 'mode'"),
        ({"type": "registry", "ref": "x", "mode": "most"}, TO, "entry-value", "one of min, max"),
        ({"type": "registry", "ref": "x", "mode": "max"}, FROM, "cache-field", "belongs to cache-to"),
        ({"type": "registry", "ref": "x", "compression": "estargz"}, TO, "cache-estargz", "zstd"),
        ({"type": "registry", "ref": "x", "compression-level": "22"}, TO, "cache-value", "gzip"),
        ({"type": "registry", "ref": "x", "compression-level": "-1"}, TO, "cache-value", "gzip"),
        ("type=registry,ref=a,ref=b", TO, "cache-csv", "twice"),
        ({"type": "s3", "secret_access_key": "hush"}, TO, "secret-in-file", "AWS_SECRET_ACCESS_KEY"),
        ("type=gha,ghtoken=hush", TO, "secret-in-file", "environment"),
        ({"type": "s3", "endpoint_url": "https://me:hush@h/"}, TO, "secret-in-file", "password"),
    ],
)
def test_bad_entries(value: str | dict[str, object], direction: Direction, code: str, words: str) -> None:
    entry, problems = parse_cache_entry(value, direction)
    assert entry is None
    assert code in [p.code for p in problems]
    said = " ".join(f"{p.message} {p.help}" for p in problems)
    assert words in said
    assert "hush" not in said
