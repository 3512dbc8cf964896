"""What the stream of a failed bake says about each target; the errors are those of real engines and registries."""

from __future__ import annotations

import json

import pytest

from bakegen.building.failures import Failures, Kind, kind, reason

COMMAND = 'process "/bin/sh -c {}" did not complete successfully: '


@pytest.mark.parametrize(
    "error",
    [
        "failed to push r/x:y: unexpected status from POST request to https://r/v2/x/: 429 Too Many Requests",
        "failed to push r/x:y: unexpected status from PUT request to https://r/v2/x: 503 Service Unavailable",
        "r/x:y: failed to resolve source metadata for r/x:y: unexpected status from HEAD request to http://r/v2/x: 500",
        "toomanyrequests: You have reached your unauthenticated pull rate limit.",
        'failed to do request: Head "https://r/v2/": dial tcp 10.0.0.1:443: i/o timeout',
        'failed to do request: Head "https://r/v2/": net/http: TLS handshake timeout',
        'Get "https://r/v2/": net/http: request canceled while waiting for connection (Client.Timeout exceeded)',
        "failed to copy: read tcp 10.0.0.1:1->10.0.0.2:443: read: connection reset by peer",
        "failed to copy: httpReadSeeker: failed open: unexpected EOF",
        "failed to receive status: rpc error: code = Unavailable desc = error reading from server: EOF",
        "no such job izxdgzqzkgnqzqkxtmx6pqlsz",
        "lease expired",
        'lease "wl0k3z": not found',
        'failed to do request: Head "https://r/v2/": dial tcp: lookup r: Temporary failure in name resolution',
    ],
)
def test_what_may_pass(error: str) -> None:
    assert kind(error) is Kind.PASSING


@pytest.mark.parametrize(
    "error",
    [
        COMMAND.format("make") + "exit code: 2",
        # What a command is called says nothing about how it ended.
        COMMAND.format("echo 429 Too Many Requests, context canceled") + "exit code: 1",
        COMMAND.format('echo "unexpected EOF" did not complete successfully: i/o timeout') + "exit code: 1",
        'process "/bin/sh -c echo 503 Service Unavailable',
        COMMAND.format("x") + "exit code: 137",
        "r/x:y: not found",
        "push access denied, repository may require authorization: authorization failed: 403 Forbidden",
        "unexpected status from HEAD request to https://r/v2/x/manifests/y: 401 Unauthorized",
        'failed to do request: Head "https://127.0.0.1:1/v2/": dial tcp 127.0.0.1:1: connect: connection refused',
        "dockerfile parse error on line 2: unknown instruction: RUNN (did you mean RUN?)",
        "failed to read dockerfile: open Nope: no such file or directory",
        'failed to compute cache key: failed to calculate checksum of ref 5030::429: "/x500": not found',
        "write /var/lib/docker/x: no space left on device",
    ],
)
def test_what_lasts(error: str) -> None:
    assert kind(error) is Kind.LASTING


@pytest.mark.parametrize(
    "error",
    [
        "context canceled: context canceled",
        COMMAND.format("sleep 8") + "exit code: 137: context canceled: context canceled",
        "failed to push r/x:y: rpc error: code = Canceled desc = context canceled",
    ],
)
def test_what_was_cancelled(error: str) -> None:
    assert kind(error) is Kind.CANCELLED


def told(*targets: str, steps: dict[str, str], last: str = "") -> Failures:
    failures = Failures(targets)
    for name, error in steps.items():
        failures.hear(json.dumps({"vertexes": [{"digest": "sha256:1", "name": name, "error": error}]}))
    if last:
        failures.hear(last)
    return failures


NO = COMMAND.format("no") + "exit code: 1"


def test_steps_name_their_targets() -> None:
    steps = {
        "[a 2/2] RUN no": NO,
        "[b linux/arm64 stage 2/3] RUN no": NO,
        "[c] exporting to image": "denied",
        "[d internal] load metadata for r/x:y": "r/x:y: not found",
        "[e 2/2] RUN sleep 8": "context canceled",
        "[f 2/2] RUN fine": "",
        "[auth] x/y:pull token for r": "gone",
        "no brackets": "gone",
    }
    found = told(*"abcdef", steps=steps, last="ERROR: target a: failed to solve: " + NO)
    assert found.errors() == {"a": NO, "b": NO, "c": "denied", "d": "r/x:y: not found"}
    assert found.general == ""


def test_with_one_target_steps_do_not_name_it() -> None:
    found = told("a", steps={"[stage 2/2] RUN no": NO}, last="ERROR: failed to solve: " + NO)
    assert (found.errors(), found.general) == ({"a": NO}, "")


def test_some_fail_without_a_step() -> None:
    last = "ERROR: target a: failed to solve: dockerfile parse error on line 2: unknown instruction: RUNN"
    found = told("a", "b", steps={"[b 2/2] RUN x": "context canceled"}, last=last)
    assert found.errors() == {"a": "dockerfile parse error on line 2: unknown instruction: RUNN"}
    assert told("a", steps={}, last="ERROR: failed to solve: no such job x").errors() == {"a": "no such job x"}


def test_the_engine_is_at_fault() -> None:
    for last in (
        "ERROR: Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?",
        'ERROR: no builder "x" found',
        "ERROR: additional privileges requested",
    ):
        for targets in ("a", "ab"):
            found = told(*targets, steps={}, last=last)
            assert (found.errors(), found.general) == ({}, last.removeprefix("ERROR: "))


def test_the_cause_is_what_counts() -> None:
    first = told("a", "b", steps={"[a 1/2] FROM x": "i/o timeout", "[a 2/2] RUN no": NO})
    assert first.errors() == {"a": NO}
    second = told("a", "b", steps={"[a 2/2] RUN no": NO, "[a] exporting": "i/o timeout"})
    assert second.errors() == {"a": NO}


@pytest.mark.parametrize(
    "line", ["", "{", '{"error"', '{"vertexes": 5, "x": "error", "error": 1}', '["error"]', "ERROR: "]
)
def test_lines_that_are_odd(line: str) -> None:
    failures = Failures(["a", "b"])
    failures.hear(line)
    assert failures.errors() == {}


def test_reasons_are_safe_to_print() -> None:
    assert reason("a\n\tb\x1b[0m https://user:token@r/x") == "a b\\x1b[0m https://***@r/x"
    long = reason(COMMAND.format("x" * 9999) + "exit code: 1")
    assert len(long) < 450
    assert long.startswith('process "/bin/sh -c xxx')
    assert long.endswith('xxx" did not complete successfully: exit code: 1')
