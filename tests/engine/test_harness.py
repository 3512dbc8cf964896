"""The harness proves itself: the engine answers, steps are told apart, caches cross machines, snapshots see all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.engine.harness.commands import CommandFailed

if TYPE_CHECKING:
    from pathlib import Path

    from tests.engine.harness.engine import Engine, PrivateEngine
    from tests.engine.harness.registry import Registry


def project(folder: Path, base: str, last: str = "echo three") -> Path:
    """A small build: two steps in a stage, one in the next."""
    (folder / "note.txt").write_text("hello\n")
    (folder / "Dockerfile").write_text(
        f"FROM {base} AS first\n"
        "COPY note.txt /note.txt\n"
        "RUN cat /note.txt > /copy.txt\n"
        "FROM first AS second\n"
        f"RUN {last} > /last.txt\n"
    )
    return folder


def test_engine_and_buildx_answer(engine: Engine) -> None:
    assert engine.run(["version", "--format", "{{.Server.Version}}"]).stdout.strip()
    assert "buildx" in engine.run(["buildx", "version"]).stdout


def test_steps_are_executed_first_and_cached_then(
    first_machine: PrivateEngine, busybox_image: str, tmp_path: Path
) -> None:
    folder = project(tmp_path, busybox_image)
    first_machine.make_fresh()

    first = first_machine.build(str(folder))
    assert sorted(step.instruction.split()[0] for step in first.executed) == ["COPY", "RUN", "RUN"]
    assert first.cached == ()
    assert {step.label[0] for step in first.executed} == {"first", "second"}

    again = first_machine.build(str(folder))
    assert again.executed == ()
    assert len(again.cached) == 3


def test_a_failing_step_is_told_with_its_error(engine: Engine, busybox_image: str, tmp_path: Path) -> None:
    folder = project(tmp_path, busybox_image, last="echo before; exit 7; echo after")
    result = engine.build(str(folder), check=False)
    assert result.code != 0
    assert [step.label for step in result.failed] == [("second",)]
    assert "exit code: 7" in result.failed[0].error
    with pytest.raises(CommandFailed, match="exit code: 7"):
        engine.build(str(folder))


def test_a_step_shared_by_two_targets_counts_once(
    first_machine: PrivateEngine, busybox_image: str, tmp_path: Path
) -> None:
    folder = project(tmp_path, busybox_image)
    (folder / "docker-bake.hcl").write_text(
        'group "default" { targets = ["one", "two"] }\n'
        'target "one" { target = "first" }\n'
        'target "two" { target = "second" }\n'
    )
    first_machine.make_fresh()
    result = first_machine.bake(cwd=folder)
    assert len(result.executed) == 3
    assert {step.instruction for step in result.named("one", "first")} >= {
        step.instruction for step in result.executed if "first" in step.label
    }
    assert {"one", "two"} <= set(result.metadata)


def test_push_and_look_at_the_registry(engine: Engine, registry: Registry, busybox_image: str, tmp_path: Path) -> None:
    name = f"{registry.host}/harness/pushed:v1"
    result = engine.build("--push", "--tag", name, str(project(tmp_path, busybox_image)))
    assert registry.tags("harness/pushed") == ("v1",)
    assert "harness/pushed" in registry.repositories()
    manifest = registry.manifest("harness/pushed", "v1")
    assert manifest is not None
    assert manifest.digest == result.metadata["containerimage.digest"]
    assert registry.manifest("harness/pushed", "v2") is None
    assert registry.tags("harness/nothing") == ()


def test_cache_crosses_from_one_machine_to_the_other(
    first_machine: PrivateEngine,
    second_engine: PrivateEngine,
    registry: Registry,
    busybox_image: str,
    tmp_path: Path,
) -> None:
    folder = project(tmp_path, busybox_image)
    cache = f"type=registry,ref={registry.host}/harness/cache:master"
    first_machine.build(f"--cache-to={cache},mode=max", str(folder))

    second_engine.make_fresh()
    without = second_engine.build(str(folder))
    assert len(without.executed) == 3

    second_engine.make_fresh()
    before = registry.snapshot()
    hit = second_engine.build(f"--cache-from={cache}", str(folder))
    assert hit.executed == ()
    assert len(hit.cached) == 3
    assert registry.snapshot() == before

    project(tmp_path, busybox_image, last="echo changed")
    second_engine.make_fresh()
    changed = second_engine.build(f"--cache-from={cache}", str(folder))
    assert [step.instruction for step in changed.executed] == ["RUN echo changed > /last.txt"]
    assert len(changed.cached) == 2


def test_a_snapshot_sees_every_write(engine: Engine, registry: Registry, busybox_image: str, tmp_path: Path) -> None:
    before = registry.snapshot()
    engine.build("--push", "--tag", f"{registry.host}/harness/snapshot:v1", str(project(tmp_path, busybox_image)))
    after = registry.snapshot()
    assert after != before
    assert set(before) < set(after)
