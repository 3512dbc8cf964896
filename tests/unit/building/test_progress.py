"""What the lines of real bakes come to as events."""

from __future__ import annotations

import json
from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bakegen.building.model import Event, Happening
from bakegen.building.progress import Progress
from tests.unit.building.recorded import STREAMS, read


def told(events: list[Event], what: Happening, target: str) -> list[Event]:
    return [event for event in events if event.what is what and event.target == target]


def vertex(name: str, digest: str = "d1", **state: object) -> str:
    return json.dumps({"vertexes": [{"digest": digest, "name": name, **state}]})


def status(text: str, step: str, **state: object) -> str:
    return json.dumps({"statuses": [{"id": text, "vertex": step, **state}]})


def printed(data: bytes, step: str = "d1") -> str:
    return json.dumps({"logs": [{"vertex": step, "data": b64encode(data).decode()}]})


def moment(second: int) -> str:
    return f"2026-01-01T00:00:{second:02}Z"


def test_a_cold_bake_of_linked_targets() -> None:
    progress, events = read("cold", "app", "tool", "child")
    assert [(step.name.partition(";")[0], step.cached) for step in progress.steps("child")] == [
        ("RUN echo common", False),
        ("RUN for i in 1 2 3", False),
        ("COPY Dockerfile /x", False),
        ("RUN echo child", False),
    ]
    assert [len(progress.steps(target)) for target in ("app", "tool")] == [3, 2]
    assert progress.steps("tool")[0].seconds == pytest.approx(1.16, abs=0.01)
    assert 2.3 < progress.seconds("tool") < progress.seconds("app") < 3
    for target in ("app", "tool", "child"):
        assert len(told(events, Happening.STARTED, target)) == 1
        assert progress.failed_step(target) is None
    assert [len(told(events, Happening.CACHED, target)) for target in ("app", "tool", "child")] == [1, 1, 0]
    assert progress.other == []


def test_an_image_is_ready_before_its_cache_is_written() -> None:
    progress, events = read("cold", "app", "tool", "child")
    assert list(progress.pushed("app")) == ["registry.example.com/app:main", "registry.example.com/app:key-1"]
    assert len(set(progress.pushed("app").values())) == 1
    ready, written = (told(events, what, "app") for what in (Happening.READY, Happening.CACHED))
    assert [event.facts["reference"] for event in ready] == list(progress.pushed("app"))
    assert progress.ready("app") == ready[0].at < written[0].at


def test_the_last_event_of_a_step_tells_how_many_are_done() -> None:
    _, events = read("cold", "app", "tool", "child")
    steps = [event.facts for event in told(events, Happening.STEP, "app") if event.facts["phase"] == "step"]
    assert [(facts["state"], facts["done"], facts["total"]) for facts in steps] == [
        ("started", 0, 3),
        ("done", 1, 3),
        ("started", 1, 3),
        ("done", 2, 3),
        ("started", 2, 3),
        ("done", 3, 3),
    ]


def test_a_fresh_engine_takes_all_from_the_registry() -> None:
    progress, events = read("refreshed", "app", "tool")
    assert all(step.cached for target in ("app", "tool") for step in progress.steps(target))
    assert len(progress.steps("app")) == 3
    assert [facts["step"] for e in told(events, Happening.STEP, "app") if (facts := e.facts)["state"] == "done"] == [
        "RUN echo common; sleep 1; head -c 3000000 /dev/urandom > /blob",
        "RUN for i in 1 2 3; do echo app $i; sleep 0.3; done",
        "COPY Dockerfile /x",
        "exporting to image",
        "exporting cache to registry",
    ]


@pytest.mark.parametrize(("stream", "targets"), [("failing", ("slow", "bad")), ("alone", ("bad",))])
def test_a_failing_step_tells_its_last_lines(stream: str, targets: tuple[str, ...]) -> None:
    progress, events = read(stream, *targets)
    failed = progress.failed_step("bad")
    assert failed is not None
    assert failed.name.startswith("RUN for i in $(seq 1 30)")
    assert failed.error == "exit code: 7"
    assert failed.log.splitlines() == [f"line {number}" for number in range(11, 31)]
    (event,) = [event for event in events if event.what is Happening.FAILED]
    assert event.target == "bad"
    assert event.facts == {"step": failed.name, "error": failed.error, "log": failed.log}
    assert len(progress.steps("bad")) == 1
    assert progress.other[-1].startswith("ERROR: ")


def test_a_target_that_ends_with_another_has_not_failed() -> None:
    progress, events = read("failing", "slow", "bad")
    assert progress.failed_step("slow") is None
    assert told(events, Happening.STEP, "slow")[-1].facts["state"] == "cancelled"


def test_an_interrupt_is_no_failure() -> None:
    progress, events = read("interrupted", "slow", "app")
    assert not [event for event in events if event.what is Happening.FAILED]
    assert progress.ready("app") is not None
    assert progress.steps("slow") == ()


@pytest.mark.parametrize(
    ("stream", "step", "error"),
    [
        ("no-base", "load metadata for registry.example.com/none:x", "registry.example.com/none:x: not found"),
        ("no-registry", "exporting to image", "failed to push gone.example.com/np:1: failed to do request"),
        ("refused", "exporting to image", "failed to push refusing.example.com/refused:main: denied: no"),
        ("unreadable", "", "dockerfile parse error on line 3: unknown instruction: BOO"),
    ],
)
def test_what_fails_beside_instructions(stream: str, step: str, error: str) -> None:
    progress, events = read(stream, "it")
    failed = progress.failed_step("it")
    assert failed is not None
    assert (failed.name, failed.log) == (step, "")
    assert failed.error.startswith(error)
    assert len(told(events, Happening.FAILED, "it")) == 1


def test_a_manifest_that_the_registry_refuses_is_not_ready() -> None:
    text = (STREAMS / "refused.jsonl").read_text()
    progress, events = read("refused", "it")
    assert '"completed"' in next(line for line in reversed(text.splitlines()) if "pushing manifest" in line)
    assert progress.pushed("it") == {}
    assert progress.ready("it") is None
    assert not told(events, Happening.READY, "it")


def test_a_cache_that_cannot_be_written_or_read_fails_nothing() -> None:
    progress, events = read("no-cache-registry", "it")
    assert progress.failed_step("it") is None
    assert not told(events, Happening.CACHED, "it")
    last = told(events, Happening.STEP, "it")[-1].facts
    assert (last["phase"], last["state"]) == ("cache", "failed")
    assert "connection refused" in str(last["error"])


def test_platforms_are_one_target() -> None:
    progress, events = read("platforms", "it")
    assert [step.name for step in progress.steps("it")] == ["COPY Dockerfile /a", "COPY Dockerfile /b"]
    assert len(told(events, Happening.READY, "it")) == 1


def test_a_step_that_ran_for_one_target_is_not_cached_for_the_next() -> None:
    progress = Progress(["a", "b"])
    # The second target's clock may be behind that of the first.
    progress.feed(vertex("[b 1/1] RUN x", started=moment(1), completed=moment(1), cached=True), 0)
    progress.feed(vertex("[a 1/1] RUN x", started=moment(2), completed=moment(3)), 0)
    assert [step.cached for target in "ab" for step in progress.steps(target)] == [False, False]


def test_a_push_whose_status_comes_after_its_step() -> None:
    progress = Progress(["a"])
    pushing = f"pushing manifest for example.com/a:1@sha256:{'0' * 64}"
    assert not told(progress.feed(status(pushing, "d1", completed=moment(2)), 1), Happening.READY, "a")
    done = progress.feed(vertex("exporting to image", started=moment(1), completed=moment(2)), 2)
    assert [event.at for event in told(done, Happening.READY, "a")] == [2]
    late = progress.feed(status(pushing.replace(":1@", ":2@"), "d1", completed=moment(2)), 3)
    assert [event.facts["reference"] for event in late] == ["example.com/a:2"]


def test_an_export_that_begins_again_to_push() -> None:
    progress = Progress(["a"])
    pushing = status(f"pushing manifest for example.com/a:1@sha256:{'0' * 64}", "d1", completed=moment(4))
    progress.feed(vertex("exporting to image", started=moment(1), completed=moment(2)), 1)
    progress.feed(vertex("exporting to image", started=moment(3)), 2)
    assert progress.feed(pushing, 3) == []
    refused = progress.feed(vertex("exporting to image", started=moment(3), completed=moment(4), error="denied"), 4)
    assert [event.what for event in refused] == [Happening.FAILED]
    assert progress.ready("a") is None


def test_a_cache_is_told_with_its_digest() -> None:
    progress = Progress(["a"])
    progress.feed(vertex("exporting cache to registry", started=moment(1)), 1)
    digest = f"sha256:{'c' * 64}"
    progress.feed(status(f"writing cache image manifest {digest}", "d1"), 2)
    done = progress.feed(vertex("exporting cache to registry", started=moment(1), completed=moment(4)), 3)
    (written,) = told(done, Happening.CACHED, "a")
    assert written.facts == {"digest": digest, "seconds": 3.0}


@pytest.mark.parametrize("stream", ["alone", "unreadable", "no-base"])
def test_one_target_of_those_that_might_be_built(stream: str) -> None:
    progress, events = read(stream, "it", "common", "bad")
    assert {event.target for event in events} == {"it"}
    assert progress.failed_step("it") == read(stream, "it")[0].failed_step("it")


def test_logs_are_shown_as_a_terminal_would_have_left_them() -> None:
    progress = Progress(["a"])
    for chunk in (b"\x1b[32mgr\xc3", b"\xbcn\x1b[0m\n 10%\r 99%\r100%\r\n", b"\x1b]0;title\x07end"):
        progress.feed(printed(chunk), 0)
    progress.feed(vertex("[1/1] RUN x", started=moment(1), error="boom\nbang"), 1)
    failed = progress.failed_step("a")
    assert failed is not None
    assert failed.error == "boom bang"
    assert failed.log == "grün\n100%\nend"


def test_what_bake_does_itself_starts_no_target() -> None:
    _, events = read("unreadable", "it")
    progress = Progress(["it"])
    assert progress.feed(vertex("[internal] load local bake definitions", started=moment(1)), 0) == []
    assert len(told(events, Happening.STARTED, "it")) == 1


_json = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
_names = st.sampled_from(["[a 1/2] RUN x", "[b 2/2] COPY", "[a] exporting to image", "exporting cache to x", "[a"])
_times = st.sampled_from([moment(1), moment(2), "0001-01-01T00:00:00Z", "never", "9999-12-31T23:59:59-23:59"])
_vertex = st.fixed_dictionaries(
    {"digest": st.sampled_from("xy") | _json, "name": _names | _json},
    optional={"started": _times | _json, "completed": _times | _json, "cached": _json, "error": _json},
)
_status = st.fixed_dictionaries({"id": _json | _names, "vertex": st.sampled_from("xy") | _json, "completed": _json})
_event = st.fixed_dictionaries(
    {},
    optional={
        "vertexes": st.lists(_vertex | _json) | _json,
        "statuses": st.lists(_status | _json) | _json,
        "logs": st.lists(st.fixed_dictionaries({"vertex": _json, "data": _json}) | _json) | _json,
    },
).map(json.dumps)


@given(st.lists(st.text() | _json.map(json.dumps) | _event, max_size=12), st.sampled_from([["a"], ["a", "b"], []]))
def test_no_line_makes_it_raise(lines: list[str], targets: list[str]) -> None:
    progress = Progress(targets)
    for at, line in enumerate(lines):
        for event in progress.feed(line, at):
            assert event.target in targets
            assert event.at == at
    for target in targets:
        assert all(step.seconds >= 0 for step in progress.steps(target))
        assert progress.seconds(target) >= 0
        progress.failed_step(target)


def test_deep_lines_are_not_of_the_stream() -> None:
    progress = Progress(["a"])
    line = '{"vertexes":' + "[" * 100_000
    assert progress.feed(line, 0) == []
    assert progress.other == [line]
