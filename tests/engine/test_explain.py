"""What `bakegen explain` foretells, held against BuildKit: a history of commits, each built on one engine."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from bakegen.bake.compose import main_file
from bakegen.bake.jsonfile import write_json
from bakegen.building.stream import label_of, place_of
from bakegen.cli.main import run
from bakegen.explaining.misses import BEHIND, NOT_IN_CACHE
from bakegen.explaining.model import Verdict
from bakegen.workspace.explaining import explain
from bakegen.workspace.project import open_workspace
from tests.engine.explain_history import COMMITS, History, first
from tests.unit.workspace.repositories import no_configuration, repository

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from bakegen.explaining.compare import JudgedTarget
    from tests.engine.harness.engine import Engine, PrivateEngine
    from tests.engine.harness.progress import BuildResult
    from tests.engine.harness.registry import Registry
    from tests.unit.workspace.repositories import Repository

__all__ = ["no_configuration", "repository"]


@pytest.fixture(scope="module")
def images(
    engine: Engine, registry: Registry, busybox_image: str, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, str]:
    """Three base images: one, another tag, another digest of that tag."""
    found = {"one": busybox_image}
    folder = tmp_path_factory.mktemp("bases")
    for name in ("two", "three"):
        folder.joinpath("Dockerfile").write_text(f"FROM {busybox_image}\nRUN echo {name} >/name\n")
        reference = f"{registry.host}/explain/base:new"
        done = engine.build("--push", "-t", reference, ".", cwd=folder)
        digest = str(done.metadata["containerimage.digest"])
        found[name] = f"{reference}@{digest}"
    return found


@dataclass
class Tally:
    """How often foretelling was right."""

    right: int = 0
    wrong: int = 0
    missed: int = 0
    maybe_ran: int = 0
    maybe_cached: int = 0
    cached: int = 0
    lines: list[str] = field(default_factory=list)

    def say(self) -> str:
        sure = self.right + self.wrong
        ran = self.right + self.maybe_ran + self.missed
        return "\n".join(
            [
                *self.lines,
                f"{ran} steps ran, {self.cached} were cached; {sure} were told to run, "
                f"{self.maybe_ran + self.maybe_cached} to run if files change ({self.maybe_ran} of them ran)",
                f"precision {self.right / sure:.3f}, recall {self.right / ran:.3f} of steps that surely run",
                f"precision {(self.right + self.maybe_ran) / (sure + self.maybe_ran + self.maybe_cached):.3f}, "
                f"recall {(self.right + self.maybe_ran) / ran:.3f} with those that may run",
            ]
        )


def bake(engine: Engine, root: Path) -> BuildResult:
    workspace = open_workspace(root, {})
    file = root.parent / "bake.json"
    made = json.loads(write_json(main_file(workspace.plan, "main", ()), "0.20"))
    for target in made["target"].values():
        for name in ("cache-from", "cache-to", "tags"):
            target.pop(name, None)
        target["output"] = ["type=cacheonly"]
        target["attest"] = ["type=provenance,disabled=true"]
    file.write_text(json.dumps(made))
    return engine.bake("-f", str(file), *made["target"], cwd=root, env={"BUILDX_METADATA_PROVENANCE": "disabled"})


def executed(result: BuildResult, told: Iterable[JudgedTarget]) -> tuple[set[str], set[str]]:
    """The keys of the steps that ran, and of those that were cached; every step that ran must be one of ours."""
    places: dict[tuple[str, str, str], str] = {}
    for target in told:
        for stage in target.stages:
            for one in stage.steps:
                for label in (stage.chain.label, *([""] if stage.chain.label == "stage-0" else [])):
                    places[target.chain.name, label, plain(one.step.shown)] = one.step.key.strict
    ran: set[str] = set()
    cached: set[str] = set()
    for step in result.instructions:
        if step.instruction.startswith("LINK "):
            continue  # puts the layer of a COPY --link on top: no instruction runs
        found = {key for name in step.names if (key := places.get(place(name))) is not None}
        assert found, step.names
        (ran if step.executed else cached).update(found)
    return ran, cached - ran


def place(name: str) -> tuple[str, str, str]:
    found = place_of(name)
    assert found is not None
    label = label_of(name)
    return label[0], found.stage if len(label) > 1 else "", plain(found.text)


def plain(text: str) -> str:
    """An instruction as both of us write it: of a heredoc just the first line."""
    return (
        " ".join(text.replace('"', "").replace(",", " ").replace("[", "").replace("]", "").split())
        .lower()
        .partition(" (")[0]
    )


def test_what_runs_again_is_what_was_foretold(
    engine: Engine, images: dict[str, str], repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    history = History(repository, images)
    first(history)
    before = repository.commit()
    bake(engine, repository.root)
    tally = Tally()
    for changes in COMMITS:
        for _, change in changes:
            change(history)
        what = "; ".join(words for words, _ in changes)
        commit = repository.commit()
        told = explain(open_workspace(repository.root, {}), before, commit).targets
        result = bake(engine, repository.root)
        ran, cached = executed(result, told)
        steps = [one for target in told for one in target.steps]
        runs = {one.step.key.strict for one in steps if one.verdict is Verdict.RUNS}
        maybe = {one.step.key.strict for one in steps if one.verdict is Verdict.MAYBE}
        tally.right += len(runs & ran)
        tally.wrong += len(runs - ran)
        tally.missed += len(ran - runs - maybe)
        tally.maybe_ran += len(maybe & ran)
        tally.maybe_cached += len(maybe - ran)
        tally.cached += len(cached)
        tally.lines.append(f"{len(ran):3} ran, {len(runs):3} told, {len(maybe):3} may: {what}")
        names = {one.step.key.strict: f"{one.verdict}: {one.step.shown}" for one in steps}
        for key in (runs - ran) | (ran - runs - maybe):
            tally.lines.append(f"    {'RAN' if key in ran else 'CACHED'}, {names[key]}")
        before = commit
    with capsys.disabled():
        print(f"\n{tally.say()}")
    assert tally.wrong == 0
    assert tally.missed == 0
    assert tally.right > 50
    assert tally.maybe_ran and tally.maybe_cached


def build(engine: Engine, root: Path, number: int) -> None:
    """`bakegen build` with a record; its files are numbered."""
    names = [f"--record={root.parent}/steps-{number}.json", f"--report={root.parent}/report-{number}.json"]
    done = subprocess.run(
        [sys.executable, "-m", "bakegen", "build", "--progress=plain", "--force", *names],
        cwd=root,
        env=dict(engine.env),
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr


def test_why_steps_of_a_build_ran(
    first_machine: PrivateEngine,
    registry: Registry,
    busybox_image: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    root = tmp_path / "project"
    (root / "images" / "app").mkdir(parents=True)
    (root / "bakegen.yaml").write_text(f"registry: {registry.host}/why\ncache: {{policy: none}}\n")
    (root / "images/app/image.yaml").write_text("args: {TOKEN: one-secret}\n")
    (root / "images/app/Dockerfile").write_text(
        f"FROM {busybox_image} AS tools\nARG TOKEN\nRUN echo $TOKEN | wc -c >/size\nFROM {busybox_image}\n"
        "COPY file /\nRUN cat file >/copy\nCOPY --from=tools /size /size\n"
    )
    (root / "images/app/file").write_text("1\n")

    def why(before: int, after: int) -> list[str]:
        files = {"before": f"steps-{before}.json", "after": f"steps-{after}.json", "report": f"report-{after}.json"}
        options = [f"--{name}={tmp_path / file}" for name, file in files.items()]
        assert run(["why", "app", *options, "--format", "json"]) == 0
        out = capsys.readouterr().out
        assert "secret" not in out
        return [f"{one['stage']} {one['shown'].split()[0]}: {one['why']}" for one in json.loads(out)["ran"]]

    build(first_machine, root, 1)
    (root / "images/app/file").write_text("2\n")
    build(first_machine, root, 2)
    assert why(1, 2) == ["stage-1 COPY: file changed", f"stage-1 RUN: {BEHIND}", f"stage-1 COPY: {BEHIND}"]
    (root / "images/app/image.yaml").write_text("args: {TOKEN: two-secret}\n")
    build(first_machine, root, 3)  # another value, as long as the first: the file that is copied is the same
    assert why(2, 3) == ["tools RUN: argument TOKEN changed"]
    first_machine.run(["buildx", "prune", "-af"])
    build(first_machine, root, 4)
    assert why(3, 4) == [
        f"{stage}: {NOT_IN_CACHE}" for stage in ("tools RUN", "stage-1 COPY", "stage-1 RUN", "stage-1 COPY")
    ]
