"""Which branch this is: recorded environments of every provider, flags, git, and what each may write."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bakegen.definition.events import BuildEvent
from bakegen.errors import InputError
from bakegen.plan.branch import CachePolicy
from bakegen.workspace import ci_providers
from bakegen.workspace.ci import BranchFlags, detect
from bakegen.workspace.git import GitFacts

if TYPE_CHECKING:
    from bakegen.plan.branch import BranchState

CASES = Path(__file__).parent / "ci"


def environment(case: str) -> dict[str, str]:
    folder = CASES / case
    lines = (folder / "environment").read_text(encoding="utf-8").splitlines()
    pairs = (line.partition("=") for line in lines)
    return {name: value.replace("{folder}", str(folder)) for name, _, value in pairs}


def as_json(state: BranchState) -> dict[str, object]:
    return {
        "provider": state.provider,
        "branch": state.branch,
        "base": state.base,
        "default": state.default,
        "pull_request": state.pull_request,
        "is_tag": state.is_tag,
        "fork": state.fork,
        "local": state.local,
        "event": str(state.event),
        "trusted": state.trusted,
        "slug": state.slug,
        "writes": {policy.value: state.writes_cache(policy) for policy in CachePolicy},
        "reads": [name for _, name in state.cache_sources(CachePolicy.BRANCH, ("release/1.x",))],
        "reasons": list(state.reasons),
    }


@pytest.mark.parametrize("case", sorted(path.name for path in CASES.iterdir()))
def test_recorded_environment(case: str) -> None:
    expected = json.loads((CASES / case / "expected.json").read_text(encoding="utf-8"))
    assert as_json(detect(environment(case))) == expected


@pytest.mark.parametrize("case", sorted(path.name for path in CASES.iterdir() if "fork" in path.name))
def test_a_fork_writes_nothing_whatever_its_branch_is_called(case: str) -> None:
    state = detect(environment(case), default_branch="main")
    assert not any(state.writes_cache(policy) for policy in CachePolicy)
    assert not state.is_default
    assert detect(environment(case), BranchFlags(branch="main")).writes_cache(CachePolicy.BRANCH) is False


@pytest.mark.parametrize("case", sorted(path.name for path in CASES.iterdir() if path.name.endswith("-tag")))
def test_a_tag_build_is_no_branch(case: str) -> None:
    state = detect(environment(case))
    assert (state.branch, state.is_tag, state.trusted, state.slug) == (None, True, False, None)


def test_every_provider_has_each_kind_of_build() -> None:
    cases = {path.name for path in CASES.iterdir()}
    for provider in ("github", "gitlab", "jenkins", "circleci", "buildkite", "azure", "bitbucket"):
        request = f"{provider}-merge-request" if provider == "gitlab" else f"{provider}-pull-request"
        # Bitbucket does not tell where a pull request comes from: its one recording is that.
        forks = set() if provider == "bitbucket" else {request + "-fork"}
        assert {f"{provider}-push", f"{provider}-tag", request} | forks <= cases


def test_a_laptop_reads_its_branch_and_writes_nothing_shared() -> None:
    state = detect({}, None, GitFacts(root="/p", branch="feature/x", default_branch="main"))
    assert (state.provider, state.branch, state.default, state.local) == ("git", "feature/x", "main", True)
    assert not state.trusted
    assert [name for name, _ in state.cache_sources(CachePolicy.BRANCH)] == ["feature/x", "main"]
    assert not any(state.writes_cache(policy) for policy in CachePolicy)


def test_a_detached_head_is_unknown_and_says_so() -> None:
    state = detect({}, None, GitFacts(root="/p", reasons=("HEAD is detached",)))
    assert state.branch is None
    assert "git: HEAD is detached" in state.reasons
    assert [name for name, _ in state.cache_sources(CachePolicy.BRANCH)] == ["master"]


def test_ci_variables_win_over_git() -> None:
    facts = GitFacts(root="/p", branch="elsewhere", default_branch="trunk")
    state = detect(environment("github-push"), None, facts)
    assert (state.branch, state.default) == ("feature/faster-cache", "main")


def test_an_unknown_ci_takes_the_branch_from_git_without_trust() -> None:
    state = detect(environment("unknown-ci"), None, GitFacts(root="/p", branch="master"))
    assert (state.branch, state.trusted, state.local) == ("master", False, False)


def test_flags_win() -> None:
    flags = BranchFlags(branch="refs/heads/x", base="y", default_branch="z", trusted=True)
    state = detect(environment("github-pull-request-fork"), flags)
    assert (state.branch, state.base, state.default, state.pull_request) == ("x", "y", "z", None)
    assert state.trusted
    assert {"trusted: --trusted", "branch 'x': --branch", "base 'y': --base"} <= set(state.reasons)


def test_untrusted_flag() -> None:
    assert not detect(environment("github-push"), BranchFlags(trusted=False)).trusted


def test_trusting_an_unknown_branch_writes_nothing() -> None:
    state = detect({}, BranchFlags(trusted=True))
    assert not state.trusted
    assert "the branch is unknown: caches are read only all the same" in state.reasons


def test_the_projects_default_branch_wins_over_the_ci_and_the_difference_is_told() -> None:
    state = detect(environment("github-push"), default_branch="develop")
    assert state.default == "develop"
    assert "note: the CI says that the default branch is 'main'" in state.reasons


def test_an_event_file_that_is_too_large_is_not_trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ci_providers, "EVENT_LIMIT", 100)
    path = tmp_path / "event.json"
    path.write_text(json.dumps({"repository": {"default_branch": "main"}, "x": "y" * 100}))
    state = detect(environment("github-push-default") | {"GITHUB_EVENT_PATH": str(path)})
    assert not state.trusted
    assert any("larger than" in reason for reason in state.reasons)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (None, "cannot be read"),
        (b"", "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b"[" * 200_000, "not JSON"),
        (b"[]", "not a JSON object"),
        (b"null", "not a JSON object"),
    ],
)
def test_event_files_that_tell_nothing(data: bytes | None, words: str, tmp_path: Path) -> None:
    path = tmp_path / "event.json"
    if data is not None:
        path.write_bytes(data)
    state = detect(environment("github-push-default") | {"GITHUB_EVENT_PATH": str(path)})
    assert not state.trusted
    assert any(words in reason for reason in state.reasons)


def test_an_event_folder_is_no_event(tmp_path: Path) -> None:
    assert not detect(environment("github-push") | {"GITHUB_EVENT_PATH": str(tmp_path)}).trusted


def test_names_cannot_speak_to_the_log() -> None:
    name = "x\n::set-output name=a::b\x1b[31m"
    state = detect({"GITLAB_CI": "true", "CI_COMMIT_BRANCH": name})
    assert state.branch == name
    assert not any(re.search(r"[\x00-\x1f]", reason) for reason in state.reasons)


_NAMES = sorted(
    {name for case in CASES.iterdir() for name in environment(case.name)} - {"GITHUB_EVENT_PATH", "BAKEGEN_EVENT"}
)


@given(st.dictionaries(st.sampled_from(_NAMES), st.text(max_size=12) | st.sampled_from(["true", "refs/heads/", "1"])))
def test_any_environment_gives_a_state(environ: dict[str, str]) -> None:
    state = detect(environ)
    assert not (state.fork and state.trusted)
    assert state.reasons
    if state.trusted:
        assert state.slug is not None


def test_the_event_is_what_is_said_before_what_was_found() -> None:
    said = environment("github-push") | {"BAKEGEN_EVENT": "nightly"}
    assert detect(said).event == "nightly"
    assert detect(said, BranchFlags(event="release")).event == "release"
    assert detect(said | {"BAKEGEN_EVENT": " "}).event == "branch"
    with pytest.raises(InputError, match="BAKEGEN_EVENT cannot be 'nigthly'") as refused:
        detect(said | {"BAKEGEN_EVENT": "nigthly"})
    assert refused.value.diagnostics[0].help == "did you mean 'nightly'?"


@pytest.mark.parametrize("case", sorted(path.name for path in CASES.iterdir()))
@pytest.mark.parametrize("event", list(BuildEvent))
def test_an_event_changes_nothing_but_the_event(case: str, event: str) -> None:
    found, said = detect(environment(case)), detect(environment(case), BranchFlags(event=event))
    assert replace(said, event=found.event, reasons=found.reasons) == found


@pytest.mark.parametrize("case", sorted(path.name for path in CASES.iterdir()))
def test_trusting_tags_trusts_nothing_but_tags(case: str) -> None:
    found, tags = detect(environment(case)), detect(environment(case), BranchFlags(trust_tags=True))
    assert tags.trusted == (found.trusted or found.is_tag)
    assert not (tags.is_tag and tags.writes_cache(CachePolicy.BRANCH))
    assert [found.slug, found.is_default] == [tags.slug, tags.is_default]


def test_a_tag_whose_event_may_build_anything_is_not_trusted() -> None:
    said = environment("github-tag") | {"GITHUB_EVENT_NAME": "workflow_run"}
    state = detect(said, BranchFlags(trust_tags=True))
    assert not state.trusted
    assert "not trusted: a workflow_run event may build anything, whatever the branch is called" in state.reasons
