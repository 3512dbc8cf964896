"""Reports for tests: one that a person may read, and any at all."""

from __future__ import annotations

from hypothesis import strategies as st

from bakegen.building.model import CacheWritten, Event, Happening, Outcome, Status, StepTime
from bakegen.building.report import Report
from bakegen.plan.branch import BranchState

TOPIC = BranchState(
    branch="topic/faster|builds",
    base="main",
    default="main",
    pull_request="17",
    is_tag=False,
    trusted=True,
    provider="GitHub Actions",
)


def digest(sign: str) -> str:
    """A digest of one hex digit."""
    return f"sha256:{sign * 64}"


def example() -> Report:
    """Each thing that can become of a target, with names and texts that would break careless formats."""
    built = Outcome(
        "my_app",
        Status.BUILT,
        key="4f" * 16,
        digest=digest("b"),
        references=("registry.example.com/team/app:pr-17", "registry.example.com/team/app:key-4f4f"),
        platforms=("linux/amd64", "linux/arm64"),
        seconds=83.4567,
        ready=95.25,
        steps=(
            StepTime("[1/3] FROM registry.example.com/team/base:pr-17", True, 0.0),
            StepTime("[2/3] RUN make | tee log", True, 0.0),
            StepTime("[3/3] COPY . /app", False, 1.25),
        ),
        caches=(CacheWritten("registry.example.com/team/app:cache-my_app.pr-17", digest("c"), 4.5, 99.75),),
        why="since 1a2b3c4d5e6f of main: main.c changed",
    )
    skipped = Outcome(
        "base-1-22",
        Status.SKIPPED,
        key="0a" * 16,
        digest=digest("a"),
        references=("registry.example.com/team/base:pr-17",),
        platforms=("linux/amd64",),
        ready=0.5,
    )
    failed = Outcome(
        "tools",
        Status.FAILED,
        key="c1" * 16,
        platforms=("linux/amd64",),
        seconds=3.5,
        steps=(StepTime("[2/2] RUN curl https://me:secret@example.com/x | sh", False, 3.25),),
        error="[2/2] RUN curl https://me:secret@example.com/x | sh:\nexit code: 22 ::error::`no`",
        log="Authorization: secret",
    )
    return Report(
        version="1.2.3",
        branch=TOPIC,
        outcomes=(built, skipped, failed, Outcome("tools-debug", Status.NOT_BUILT, error="tools failed")),
        seconds=101.5,
    )


def events() -> tuple[Event, ...]:
    """Some of what such a build tells."""
    return (
        Event(Happening.DECIDED, 0.41234, "base-1-22", {"action": "skip", "why": "its content is there"}),
        Event(Happening.STEP, 1.5, "my_app", {"step": "[2/3] RUN make", "cached": True, "seconds": 0.0, "total": 3}),
        Event(Happening.READY, 95.25, "my_app", {"reference": "registry.example.com/team/app:pr-17"}),
        Event(
            Happening.CACHED,
            99.75,
            "my_app",
            {"reference": "registry.example.com/team/app:cache-my_app.pr-17", "digest": digest("c"), "seconds": 4.5},
        ),
        Event(
            Happening.FAILED, 3.5, "tools", {"log": "one\ntwo https://me:secret@example.com", "error": "exit code: 22"}
        ),
        Event(Happening.DONE, 101.5, "", {"failed": ["tools"]}),
    )


TEXTS = st.one_of(
    st.text(st.characters()),
    st.text(st.sampled_from("ab-_/|\\`*[]()<>&#!~$@:=\"'\n\r\t\x00\x1b\x85\u2028\u202e\ud800 {}%1")),
    st.sampled_from(
        ["", "EOF", "::set-output name=a::b", "##[error]x", "a\nbuilt=x", "| --- |", "</td>", "https://u:p@h/"]
    ),
)
NAMES = st.one_of(TEXTS, st.text(st.sampled_from("abA01-_"), max_size=4))
_SECONDS = st.floats(0, 1e6)
_DIGESTS = st.one_of(st.sampled_from([digest("a"), digest("b"), ""]), TEXTS)


def outcomes() -> st.SearchStrategy[Outcome]:
    """Any outcome."""
    return st.builds(
        Outcome,
        NAMES,
        st.sampled_from(Status),
        key=TEXTS,
        digest=_DIGESTS,
        references=st.lists(TEXTS, max_size=2).map(tuple),
        platforms=st.lists(TEXTS, max_size=2).map(tuple),
        seconds=_SECONDS,
        ready=st.none() | _SECONDS,
        steps=st.lists(st.builds(StepTime, TEXTS, st.booleans(), _SECONDS), max_size=2).map(tuple),
        error=TEXTS,
        log=TEXTS,
        caches=st.lists(st.builds(CacheWritten, TEXTS, _DIGESTS, _SECONDS, _SECONDS), max_size=2).map(tuple),
        why=TEXTS,
    )


def reports() -> st.SearchStrategy[Report]:
    """Any report of targets with different names."""
    branch = st.builds(
        BranchState,
        branch=st.none() | TEXTS,
        base=st.none() | TEXTS,
        default=TEXTS,
        pull_request=st.none() | TEXTS,
        is_tag=st.booleans(),
        trusted=st.booleans(),
        provider=TEXTS,
    )
    different = st.lists(outcomes(), max_size=5, unique_by=lambda outcome: outcome.target).map(tuple)
    return st.builds(Report, TEXTS, branch, different, _SECONDS, finished=st.booleans())
