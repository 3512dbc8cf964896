"""Names in registries: slugs, tags, repositories, and the cache references of a target."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import product

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bakegen.plan.branch import BranchState, CachePolicy
from bakegen.plan.names import (
    branch_tag,
    cache_tag,
    digest8,
    hashed_slug,
    key_tag,
    pull_request_slug,
    reference_problem,
    repository_problem,
    slug,
    split_reference,
    tag_problem,
)
from bakegen.plan.refs import CacheSettings, CacheSubject, cache_candidates, cache_to, image_tags, key_reference

SLUG = re.compile(r"[a-z0-9_][a-z0-9._-]{0,39}")
TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")

_PIECES = st.sampled_from(
    ["a", "A", "b", "-", "/", ".", "_", "1", "pr-", "12", "latest", "cache-", "x", "é", "${x}", " "]
)
branches = st.text(max_size=60) | st.lists(_PIECES, max_size=12).map("".join)


@pytest.mark.parametrize(
    ("branch", "expected"),
    [
        ("master", "master"),
        ("release-1.2", "release-1.2"),
        ("fix_it", "fix_it"),
        ("feature/faster-cache", "feature-faster-cache-410bd0e5"),
        ("feature-faster-cache", "feature-faster-cache"),
        ("Feature", f"feature-{digest8('Feature')}"),
        ("pr-12", f"pr-12-{digest8('pr-12')}"),
        ("latest", f"latest-{digest8('latest')}"),
        ("feature-410bd0e5", f"feature-410bd0e5-{digest8('feature-410bd0e5')}"),
        ("key-a", f"key-a-{digest8('key-a')}"),
        ("cache-a.master", f"cache-a.master-{digest8('cache-a.master')}"),
        ("linux-amd64.x", f"linux-amd64.x-{digest8('linux-amd64.x')}"),
        (".x", f"x-{digest8('.x')}"),
        ("-x", f"x-{digest8('-x')}"),
        ("x.", f"x-{digest8('x.')}"),
        ("", f"b-{digest8('')}"),
        ("日本語", f"b-{digest8('日本語')}"),
        ("a" * 40, "a" * 40),
        ("a" * 41, "a" * 31 + "-" + digest8("a" * 41)),
        ("\udc80", f"b-{digest8(chr(0xDC80))}"),
    ],
)
def test_slugs(branch: str, expected: str) -> None:
    assert slug(branch) == expected


@given(branches)
@example("İ")
@example("ſ")
@example("K")
@example("٣")
def test_any_branch_has_a_slug_that_is_a_tag(branch: str) -> None:
    for name in (slug(branch), hashed_slug(branch)):
        assert SLUG.fullmatch(name)
        assert tag_problem(name) is None
    if slug(branch) != branch:
        assert slug(branch).endswith("-" + digest8(branch))


@given(st.lists(branches, unique=True, min_size=2, max_size=30))
@example(["feature/a-b", "feature/a/b", "feature-a-b", "Feature-a-b", "feature-a-b-" + digest8("feature/a-b")])
def test_distinct_branches_have_distinct_slugs(names: list[str]) -> None:
    slugs = {slug(name) for name in names} | {pull_request_slug("12"), "latest"}
    assert len(slugs) == len(names) + 2


@given(st.text(max_size=30), branches)
def test_a_pull_request_never_shares_a_branchs_slug(number: str, branch: str) -> None:
    assert TAG.fullmatch(pull_request_slug(number))
    assert pull_request_slug(number) not in (slug(branch), hashed_slug(branch))


_targets = st.from_regex(r"[a-zA-Z0-9_-]{1,140}", fullmatch=True) | st.sampled_from(["go", "go-1", "go-1-22", "a"])
_platforms = st.sampled_from([None, "linux/amd64", "linux/arm64", "linux/arm/v7"])


@given(st.sets(st.tuples(_targets, _platforms, branches.map(slug)), min_size=2, max_size=20))
@example({("go", None, "linux-amd64-x"), ("go-1", None, "22-x"), ("go-1-22", None, "x"), ("go", "linux/amd64", "x")})
@example({("a" * 130, None, "x"), ("a" * 131, None, "x")})
def test_cache_tags_are_tags_and_never_the_same(parts: set[tuple[str, str | None, str]]) -> None:
    tags = {cache_tag(*part) for part in parts}
    assert len(tags) == len(parts)
    assert all(TAG.fullmatch(tag) for tag in tags)


def test_cache_tags_are_readable() -> None:
    assert cache_tag("go-1-22", None, "master") == "cache-go-1-22.master"
    assert cache_tag("go", "linux/arm/v7", "pr-3") == "cache-go.linux-arm-v7.pr-3"


def test_branch_tags() -> None:
    assert branch_tag("1.22", "x", "x", ["1.22", "latest"]) == "1.22-x"
    assert branch_tag("latest", "x", "x", ["1.22", "latest"]) == "x"


def test_a_branch_never_writes_a_tag_of_the_default_branch() -> None:
    known = ["1.22", "1.22-alpine", "latest"]
    for branch in ("1.22", "alpine", "1.22-alpine"):
        for tag in known:
            assert branch_tag(tag, branch, slug(branch), known) not in known


@given(
    st.sets(st.sampled_from(["latest", "1", "1.22", "1.22-alpine", "alpine", "1-22"]), min_size=1),
    st.sets(st.sampled_from(["alpine", "22", "1", "1.22", "22-alpine", "alpine-x", "x", "1.22-alpine-x"]), min_size=1),
)
def test_tags_of_two_branches_are_never_the_same(tags: set[str], names: set[str]) -> None:
    made = [branch_tag(tag, name, slug(name), tags) for tag, name in product(sorted(tags), sorted(names))]
    assert len({*made, *tags}) == len(made) + len(tags)


@given(st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}", fullmatch=True), branches)
def test_branch_tags_are_tags(tag: str, branch: str) -> None:
    assert tag_problem(branch_tag(tag, branch, slug(branch), [tag])) is None


def test_key_tags() -> None:
    assert key_tag("ab12") == "key-ab12"
    assert key_reference("r.example/x", "ab12") == "r.example/x:key-ab12"


@pytest.mark.parametrize(
    "repository",
    [
        "x",
        "team/x",
        "r.example.com/team/x",
        "localhost:5000/x",
        "localhost/x",
        "[::1]:5000/x",
        "R.Example.com/x",
        "a--b/c__d/e.f_g",
        "a/" * 100 + "b",
    ],
)
def test_repositories(repository: str) -> None:
    assert repository_problem(repository) is None


@pytest.mark.parametrize(
    ("repository", "words"),
    [
        ("", "empty"),
        ("r.example.com/Team/x", "write r.example.com/team/x"),
        ("r.example.com/", "''"),
        ("/x", "''"),
        ("a//b", "''"),
        ("a/-b", "'-b'"),
        ("a/b_", "'b_'"),
        ("a/b___c", "'b___c'"),
        ("a/b..c", "'b..c'"),
        ("a/é", "'é'"),
        ("a b", "'a b'"),
        ("https://r.example.com/x", "URL"),
        ("r.example.com:port/x", "host name"),
        ("-r.example.com/x", "host name"),
        ("me:hush@r.example.com/x", "password"),
        ("a/" * 127 + "bc", "256 characters"),
        ("a\n", "a\\n"),
    ],
)
def test_bad_repositories(repository: str, words: str) -> None:
    problem = repository_problem(repository)
    assert problem is not None
    said = f"{problem.message} {problem.help}"
    assert words in said
    assert "hush" not in said


@pytest.mark.parametrize("tag", ["", ".a", "-a", "é", "a" * 129, "a b", "a/b", "a\n"])
def test_bad_tags(tag: str) -> None:
    assert tag_problem(tag) is not None


@pytest.mark.parametrize(
    ("reference", "parts"),
    [
        ("x", ("x", None, None)),
        ("h:5000/x", ("h:5000/x", None, None)),
        ("h:5000/x:1", ("h:5000/x", "1", None)),
        ("x:1@sha256:" + "0" * 64, ("x", "1", "sha256:" + "0" * 64)),
    ],
)
def test_references(reference: str, parts: tuple[str, str | None, str | None]) -> None:
    assert split_reference(reference) == parts
    assert reference_problem(reference) is None


@pytest.mark.parametrize(
    "reference", ["x:", "x@", "x@sha256:1", "X:1", "u:p@h.example/x:1", "x:1,ref=y", "x:a:b", "h/x:1@md5"]
)
def test_bad_references(reference: str) -> None:
    assert reference_problem(reference) is not None


PUSH = BranchState("feature/x", None, "master", None, False, True, "test")
DEFAULT = replace(PUSH, branch="master")
REQUEST = replace(PUSH, base="rel", pull_request="12")
FORK = replace(REQUEST, branch="master", trusted=False, fork=True)
LAPTOP = replace(PUSH, trusted=False, local=True)
FEATURE = slug("feature/x")
REPOSITORY = "r.example/go"
STAGE = CacheSubject("tools", "r.example/tools")
SUBJECT = CacheSubject("go-1", REPOSITORY, stages=(STAGE,), tags=("r.example/go:1", "r.example/go"))


def test_the_nearest_candidate_comes_first() -> None:
    settings = CacheSettings(fallbacks=("old",))
    refs = [entry["ref"] for entry in cache_candidates(SUBJECT, settings, REQUEST)]
    assert refs == [f"r.example/go:cache-go-1.{branch}" for branch in ("pr-12", FEATURE, "rel", "master", "old")]


def test_a_registry_cache_is_written_once_with_the_measured_options() -> None:
    assert cache_to(SUBJECT, CacheSettings(), PUSH) == (
        {
            "type": "registry",
            "ref": f"r.example/go:cache-go-1.{FEATURE}",
            "mode": "max",
            "compression": "zstd",
            "ignore-error": "true",
        },
    )


@pytest.mark.parametrize("backend", ["registry", "gha", "s3", "azblob", "inline", "local"])
@pytest.mark.parametrize("state", [FORK, replace(PUSH, branch=None), replace(PUSH, branch=None, is_tag=True)])
def test_who_is_not_trusted_writes_nothing(backend: str, state: BranchState) -> None:
    settings = CacheSettings(backend)
    assert cache_to(SUBJECT, settings, replace(state, trusted=False)) == ()
    assert cache_candidates(SUBJECT, settings, replace(state, trusted=False)) != ()


def test_default_only() -> None:
    settings = CacheSettings(policy=CachePolicy.DEFAULT_ONLY)
    assert cache_to(SUBJECT, settings, PUSH) == ()
    assert cache_to(SUBJECT, settings, DEFAULT)[0]["ref"] == "r.example/go:cache-go-1.master"
    assert [e["ref"] for e in cache_candidates(CacheSubject("go-1", REPOSITORY), settings, PUSH)] == [
        "r.example/go:cache-go-1.master"
    ]


@pytest.mark.parametrize("state", [PUSH, DEFAULT, LAPTOP])
@pytest.mark.parametrize("repository", [None, REPOSITORY])
def test_no_cache_at_all(state: BranchState, repository: str | None) -> None:
    settings = CacheSettings(policy=CachePolicy.NONE)
    subject = CacheSubject("go-1", repository)
    assert cache_candidates(subject, settings, state) == cache_to(subject, settings, state) == ()


def test_without_a_registry_a_local_folder_serves_even_outside_ci() -> None:
    subject = CacheSubject("go-1", stages=(CacheSubject("tools"),))
    assert cache_candidates(subject, CacheSettings(), LAPTOP) == ({"type": "local", "src": ".bakegen/cache/go-1"},)
    assert cache_to(subject, CacheSettings(), LAPTOP) == (
        {
            "type": "local",
            "dest": ".bakegen/cache/go-1",
            "mode": "max",
            "compression": "zstd",
            "ignore-error": "true",
        },
    )
    assert cache_to(subject, CacheSettings(), FORK) == ()


@pytest.mark.parametrize(
    ("settings", "read", "written"),
    [
        (
            CacheSettings("gha", attributes={"timeout": "10m", "mode": "min", "scope": "team"}),
            {"type": "gha", "scope": "team-cache-go.master", "timeout": "10m"},
            {
                "type": "gha",
                "scope": "team-cache-go.master",
                "timeout": "10m",
                "mode": "min",
                "ignore-error": "true",
            },
        ),
        (
            CacheSettings("s3", attributes={"bucket": "b", "upload_parallelism": "8"}),
            {"type": "s3", "name": "cache-go.master", "bucket": "b"},
            {
                "type": "s3",
                "name": "cache-go.master",
                "bucket": "b",
                "upload_parallelism": "8",
                "mode": "max",
                "ignore-error": "true",
            },
        ),
        (
            CacheSettings("azblob", attributes={"container": "c"}),
            {"type": "azblob", "name": "cache-go.master", "container": "c"},
            {"type": "azblob", "name": "cache-go.master", "container": "c", "mode": "max", "ignore-error": "true"},
        ),
        (
            CacheSettings("local", attributes={"dest": "/var/cache/", "tag": "t", "compression": "gzip"}),
            {"type": "local", "src": "/var/cache/go", "tag": "t"},
            {
                "type": "local",
                "dest": "/var/cache/go",
                "tag": "t",
                "compression": "gzip",
                "mode": "max",
                "ignore-error": "true",
            },
        ),
        (
            CacheSettings("registry", attributes={"ref": "r.example/caches", "registry.insecure": "true"}),
            {"type": "registry", "ref": "r.example/caches:cache-go.master", "registry.insecure": "true"},
            {
                "type": "registry",
                "ref": "r.example/caches:cache-go.master",
                "registry.insecure": "true",
                "mode": "max",
                "compression": "zstd",
                "ignore-error": "true",
            },
        ),
    ],
)
def test_other_backends(settings: CacheSettings, read: dict[str, str], written: dict[str, str]) -> None:
    subject = CacheSubject("go", REPOSITORY)
    assert cache_candidates(subject, settings, DEFAULT) == (read,)
    assert cache_to(subject, settings, DEFAULT) == (written,)


def test_an_inline_cache_is_read_from_the_images_tags() -> None:
    settings = CacheSettings("inline")
    known = ("r.example/go:1", "r.example/go:latest")
    refs = [entry["ref"] for entry in cache_candidates(SUBJECT, settings, PUSH, known)]
    assert refs == [f"r.example/go:1-{FEATURE}", f"r.example/go:{FEATURE}", "r.example/go:1", "r.example/go"]
    assert cache_to(SUBJECT, settings, PUSH) == ({"type": "inline"},)
    assert refs[:2] == list(image_tags(SUBJECT.tags, PUSH, known))


def test_one_platform_has_a_cache_of_its_own() -> None:
    subject = CacheSubject("go", REPOSITORY, "linux/arm64")
    assert cache_to(subject, CacheSettings(), DEFAULT)[0]["ref"] == "r.example/go:cache-go.linux-arm64.master"


def test_image_tags() -> None:
    tags = ("r.example/go:1", "r.example/go:latest")
    assert image_tags(tags, DEFAULT, tags) == tags
    assert image_tags(tags, PUSH, tags) == (f"r.example/go:1-{FEATURE}", f"r.example/go:{FEATURE}")
    assert image_tags(tags, replace(REQUEST, branch="master"), tags) == ("r.example/go:1-pr-12", "r.example/go:pr-12")
    assert image_tags(tags, replace(PUSH, branch=None), tags) == ()
    assert image_tags(tags, replace(PUSH, branch=None, is_tag=True), tags) == ()
