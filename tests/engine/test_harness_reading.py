"""What the harness reads: BuildKit's progress stream into steps, and the machine's client settings without secrets."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.engine.harness.clients import client_files, proxies
from tests.engine.harness.progress import BuildResult, read_progress

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def vertex(name: str, digest: str = "d1", **state: object) -> str:
    return json.dumps({"vertexes": [{"digest": digest, "name": name, **state}]})


def read(*lines: str) -> BuildResult:
    return read_progress(0, "", "\n".join(lines) + "\n", {})


def test_a_step_whose_layers_are_fetched_late_stays_cached() -> None:
    result = read(
        vertex("[2/2] RUN x", started="2026-01-01T00:00:01Z", completed="2026-01-01T00:00:01.5Z", cached=True),
        vertex("[2/2] RUN x", started="2026-01-01T00:00:02Z"),
        vertex("[2/2] RUN x", started="2026-01-01T00:00:02Z", completed="2026-01-01T00:00:03Z"),
    )
    assert len(result.cached) == 1
    assert result.executed == ()


def test_a_step_that_ran_for_one_target_and_was_cached_for_the_next_ran() -> None:
    ran = vertex("[a 2/2] RUN x", started="2026-01-01T00:00:01Z", completed="2026-01-01T00:00:01.57Z")
    again = vertex(
        "[b 2/2] RUN x", started="2026-01-01T00:00:01.6Z", completed="2026-01-01T00:00:01.600001Z", cached=True
    )
    for lines in ((ran, again), (again, ran)):
        result = read(*lines)
        assert len(result.executed) == 1
        assert result.cached == ()
        assert result.named("a") == result.named("b") == result.executed


def test_only_instructions_that_work_are_counted() -> None:
    done = {"started": "2026-01-01T00:00:01Z", "completed": "2026-01-01T00:00:02Z"}
    result = read(
        vertex("[internal] load build definition from Dockerfile", "d1", **done),
        vertex("[stage-1 1/3] FROM example.com/base:1", "d2", **done),
        vertex("[linux/amd64 stage-1 2/3] COPY a b", "d3", **done),
        vertex("[app linux/amd64->arm64 stage-1 3/3] RUN echo [1/2] x", "d4", **done),
        vertex("exporting to image", "d5", **done),
        vertex("[stage-1 4/4] RUN never", "d6"),
    )
    assert [step.instruction for step in result.executed] == ["COPY a b", "RUN echo [1/2] x"]
    assert result.executed[1].label == ("app", "linux/amd64->arm64", "stage-1")
    assert len(result.steps) == 6


def test_errors_and_text_beside_the_stream() -> None:
    result = read(vertex("[1/1] RUN x", started="2026-01-01T00:00:01Z", error="exit code: 7"), "ERROR: no", "{broken")
    assert [step.error for step in result.failed] == ["exit code: 7"]
    assert result.stderr == "ERROR: no\n{broken\n"
    assert result.executed == ()


def test_client_settings_bring_addresses_and_no_secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "go").write_text("GOPROXY=https://go.example.com\nGOFLAGS=-v\n")
    (tmp_path / "config.toml").write_text(
        '[registries.own]\nindex = "sparse+https://cargo.example.com/"\ntoken = "hidden"\n'
        '[registries.other]\nindex = "https://me:hidden@cargo.example.com/"\n[build]\njobs = 1\n'
    )
    monkeypatch.setenv("GOENV", str(tmp_path / "go"))
    monkeypatch.setenv("CARGO_HOME", str(tmp_path))
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example.com:3128")
    monkeypatch.delenv("GOPROXY", raising=False)
    files = client_files()
    assert files["root/.config/go/env"] == b"GOPROXY=https://go.example.com\n"
    cargo = files["root/.cargo/config.toml"].decode()
    assert cargo == 'registries."own"."index" = "sparse+https://cargo.example.com/"\n'
    assert b"hidden" not in b"".join(files.values())
    assert proxies()["httpsProxy"] == "http://proxy.example.com:3128"
