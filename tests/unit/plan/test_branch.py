"""What follows from the state of a branch: who writes, who reads what, in which order."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bakegen.plan.branch import BranchState, CachePolicy
from bakegen.plan.names import slug

PUSH = BranchState("feature/x", None, "master", None, False, True, "test")
DEFAULT = replace(PUSH, branch="master")
REQUEST = replace(PUSH, base="release/1.x", pull_request="12")
FORK = replace(REQUEST, branch="master", trusted=False, fork=True)
TAG = replace(PUSH, branch=None, is_tag=True, trusted=False)
LAPTOP = replace(PUSH, trusted=False, local=True)
UNKNOWN = replace(PUSH, branch=None, trusted=False)


@pytest.mark.parametrize(
    ("state", "branch", "default_only"),
    [
        (PUSH, True, False),
        (DEFAULT, True, True),
        (REQUEST, True, False),
        (replace(REQUEST, branch="master"), True, False),
        (FORK, False, False),
        (TAG, False, False),
        (replace(TAG, trusted=True, branch="master"), False, False),
        (LAPTOP, False, False),
        (UNKNOWN, False, False),
        (replace(UNKNOWN, trusted=True), False, False),
    ],
)
def test_who_writes(state: BranchState, branch: bool, default_only: bool) -> None:
    assert state.writes_cache(CachePolicy.BRANCH) is branch
    assert state.writes_cache(CachePolicy.DEFAULT_ONLY) is default_only
    assert state.writes_cache(CachePolicy.NONE) is False


@pytest.mark.parametrize(
    ("state", "names"),
    [
        (PUSH, ["feature/x", "master", "release/2.x"]),
        (DEFAULT, ["master", "release/2.x"]),
        (REQUEST, ["pull request 12", "feature/x", "release/1.x", "master", "release/2.x"]),
        (FORK, ["release/1.x", "master", "release/2.x"]),
        (TAG, ["master", "release/2.x"]),
        (LAPTOP, ["feature/x", "master", "release/2.x"]),
        (UNKNOWN, ["master", "release/2.x"]),
        (replace(PUSH, branch="release/2.x"), ["release/2.x", "master"]),
    ],
)
def test_whose_caches_are_read(state: BranchState, names: list[str]) -> None:
    assert [name for name, _ in state.cache_sources(CachePolicy.BRANCH, ("release/2.x",))] == names
    assert state.cache_sources(CachePolicy.DEFAULT_ONLY, ("release/2.x",)) == (("master", "master"),)
    assert state.cache_sources(CachePolicy.NONE, ("release/2.x",)) == ()


def test_a_pull_request_never_has_the_name_of_a_branch() -> None:
    assert REQUEST.slug == "pr-12"
    assert replace(PUSH, branch="pr-12").slug == slug("pr-12") != "pr-12"


def test_a_pull_request_from_the_default_branch_is_not_the_default_branch() -> None:
    assert not replace(REQUEST, branch="master").is_default
