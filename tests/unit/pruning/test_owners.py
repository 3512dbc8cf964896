"""Whose a tag is: what any branch that is there writes is never gone, and what cannot be told apart stays."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bakegen.plan.branch import BranchState
from bakegen.plan.names import branch_tag, cache_tag, pull_request_slug, slug
from bakegen.plan.refs import CacheSettings, CacheSubject, cache_to, image_tags
from bakegen.pruning.model import Kind
from bakegen.pruning.owners import Known, Owner, Standing, owner

HOME = "registry.example/team/app"
KEY = "key-" + "0123456789" * 4
KNOWN = Known(
    "master",
    frozenset({"master", "topic", "feature/one"}),
    None,
    {HOME: (("app", None), ("app", "linux/arm64"))},
    {HOME: ("latest", "1.22", "1.22-alpine")},
)
_branches = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=60) | st.from_regex(
    r"[a-z]{1,8}([/._-][a-z0-9]{1,8}){0,3}", fullmatch=True
)
_targets = st.from_regex(r"[a-z][a-z0-9-]{0,100}", fullmatch=True)


def seen(tag: str, known: Known = KNOWN, *, is_cache: bool = True, has_key: bool = True) -> Owner:
    return owner(known, HOME, tag, is_cache=is_cache, has_key=has_key)


@given(_branches, _branches, _targets, st.sampled_from([None, "linux/amd64", "linux/arm/v7"]), st.booleans())
def test_what_a_branch_that_is_there_writes_is_never_gone(
    branch: str, other: str, target: str, platform: str | None, ours: bool
) -> None:
    """The references are those that a build writes, also for a target that this checkout does not have."""
    known = replace(KNOWN, branches=frozenset({"master", branch, other}), all_targets=True)
    if ours:
        known = replace(known, caches={HOME: ((target, platform),)})
    state = BranchState(branch, None, "master", None, False, True, "test")
    subject = CacheSubject(target, HOME, platform)
    for entry in cache_to(subject, CacheSettings(), state):
        found = seen(entry["ref"].removeprefix(f"{HOME}:"), known)
        assert found.standing is not Standing.GONE, found
    tags = tuple(f"{HOME}:{tag}" for tag in known.tags[HOME])
    for reference in image_tags(tags, state, tags):
        assert seen(reference.removeprefix(f"{HOME}:"), known, is_cache=False).standing is Standing.FIXED


@given(_branches, _targets, st.sampled_from([None, "linux/amd64"]))
def test_the_cache_of_a_branch_that_is_gone_is_found_by_its_name(
    branch: str, target: str, platform: str | None
) -> None:
    known = replace(KNOWN, caches={HOME: ((target, platform),)})
    short = slug(branch)
    assume(short not in known.slugs)
    tag = cache_tag(target, platform, short)
    found = seen(tag, known)
    if len(tag) > 90:
        assert found.standing is Standing.FIXED or found.branch == short
    else:
        assert (found.standing, found.target, found.branch) == (Standing.GONE, target, short)
    # Whatever it is called, it stays where nobody knows the branches, and where it is no cache.
    assert seen(tag, replace(known, branches=None)).standing is Standing.FIXED
    assert seen(tag, known, is_cache=False).standing is Standing.FIXED


@pytest.mark.parametrize(
    ("tag", "kind", "standing", "words"),
    [
        ("cache-app.master", Kind.CACHE, Standing.FIXED, "it is the default branch's"),
        ("cache-app.linux-arm64.master", Kind.CACHE, Standing.FIXED, "it is the default branch's"),
        ("cache-app.topic", Kind.CACHE, Standing.LIVE, "branch topic is there"),
        ("cache-app.gone", Kind.CACHE, Standing.GONE, "no branch that is there is called gone"),
        ("cache-app.linux-arm64.gone", Kind.CACHE, Standing.GONE, "called gone in tags"),
        ("cache-app.v1.2", Kind.CACHE, Standing.GONE, "called v1.2 in tags"),
        ("cache-other.topic", Kind.CACHE, Standing.FIXED, "branch topic is there"),
        ("cache-other.gone", Kind.CACHE, Standing.FIXED, "no target other"),
        ("cache-app.pr-7", Kind.CACHE, Standing.FIXED, "whether pull request 7 is open is not known"),
        ("cache-2024", Kind.OTHER, Standing.FIXED, "not told apart"),
        (KEY, Kind.KEY, Standing.FIXED, "without --kind key"),
        ("latest", Kind.IMAGE, Standing.FIXED, "the default branch writes this tag"),
        ("1.22-topic", Kind.IMAGE, Standing.FIXED, "branch topic is there"),
        ("1.22-alpine", Kind.IMAGE, Standing.FIXED, "the default branch writes"),
        ("1.22-slim", Kind.OTHER, Standing.FIXED, "not told apart"),
        ("1.22-pr-7", Kind.IMAGE, Standing.FIXED, "pull request 7"),
        ("1.22-feature-two-0123abcd", Kind.IMAGE, Standing.GONE, "feature-two-0123abcd"),
        ("feature-two-0123abcd", Kind.IMAGE, Standing.GONE, "feature-two-0123abcd"),
        ("1.22-0123abcd", Kind.OTHER, Standing.FIXED, "not told apart"),
        ("topic-0123abcd", Kind.OTHER, Standing.FIXED, "not told apart"),
        ("master-0123abcd", Kind.OTHER, Standing.FIXED, "not told apart"),
        ("sha256-" + "0" * 64, Kind.OTHER, Standing.FIXED, "not told apart"),
        ("sha256-" + "0" * 64 + ".sig", Kind.OTHER, Standing.FIXED, "not told apart"),
    ],
)
def test_a_tag(tag: str, kind: Kind, standing: Standing, words: str) -> None:
    found = seen(tag, is_cache=tag.startswith("cache-"))
    assert (found.kind, found.standing) == (kind, standing)
    assert words in found.why


def test_open_pull_requests_stay_and_others_go() -> None:
    known = replace(KNOWN, pull_requests=frozenset({"7"}))
    assert seen("cache-app.pr-7", known).standing is Standing.LIVE
    assert seen("cache-app.pr-8", known).standing is Standing.GONE
    assert seen("1.22-pr-7", known, is_cache=False).standing is Standing.FIXED
    assert seen("pr-8", known, is_cache=False).standing is Standing.GONE
    odd = f"cache-app.{pull_request_slug('unknown')}"
    assert seen(odd, known).standing is Standing.FIXED


def test_an_image_without_a_key_is_somebody_elses() -> None:
    assert seen("1.22-feature-two-0123abcd", is_cache=False, has_key=False).kind is Kind.OTHER


def test_keys_go_where_it_is_known_which_are_needed() -> None:
    known = replace(KNOWN, keys={HOME: {KEY: "branch topic"}}, keys_unknown="")
    assert seen(KEY, known).why == "it is the content key of branch topic"
    assert seen("key-" + "f" * 40, known).standing is Standing.GONE
    assert owner(known, "registry.example/other", KEY, is_cache=False, has_key=True).standing is Standing.GONE


def test_caches_of_targets_that_the_project_lacks_go_only_when_asked_for() -> None:
    assert seen("cache-other.gone", replace(KNOWN, all_targets=True)).standing is Standing.GONE


@given(st.sampled_from(KNOWN.tags[HOME]), _branches)
def test_an_image_of_a_gone_branch_is_never_taken_for_the_defaults(tag: str, branch: str) -> None:
    assume(slug(branch) not in KNOWN.slugs)
    found = seen(branch_tag(tag, branch, slug(branch), KNOWN.tags[HOME]), is_cache=False)
    assert found.branch != "master"
