"""What each event builds: as the project says, else by the usual names of selections."""

from __future__ import annotations

import pytest

from bakegen.definition.events import BuildEvent
from bakegen.definition.loader import load_project
from bakegen.errors import InputError
from bakegen.plan.events import names_for
from tests.unit.projects import MemoryFiles, plan_of

IMAGE = 'matrix: {axes: {version: ["1", "2"]}}\n'


class _Files(MemoryFiles):
    def read(self, path: str) -> bytes | None:  # type: ignore[override]
        return self.files[path].encode() if path in self.files else None

    def folders(self, path: str) -> list[str]:
        return ["app"] if path == "images" else []


def names(project: str, image: str = IMAGE) -> dict[str, str]:
    """What each event builds, in one text."""
    files = {"bakegen.yaml": project, "images/app/image.yaml": image, "images/app/Dockerfile": "FROM scratch\n"}
    plan = plan_of(files)
    events = load_project(_Files(files), {}, ()).settings.events
    return {str(event): " ".join(names_for(event, events, plan)) for event in BuildEvent}


def test_selections_of_the_usual_names_are_taken() -> None:
    assert names("selections: {pr: newest 1 of version, nightly: all}\n") == {
        "pull-request": "pr",
        "branch": "pr",
        "default-branch": "default",
        "nightly": "nightly",
        "release": "nightly",
        "manual": "default",
    }


def test_without_selections_all_is_built() -> None:
    assert set(names("").values()) == {"default"}
    assert set(names("", image=IMAGE + "default: false\n").values()) == {"app-1 app-2"}


def test_the_project_says_what_is_built() -> None:
    found = names("selections: {pr: all, docs: none}\nevents: {branch: [docs, 'app-[2-9]', docs], nightly: app-*}\n")
    assert found["branch"] == "docs app-2"
    assert found["nightly"] == "app-1 app-2"  # a name with a glob would mean files to a shell
    assert found["pull-request"] == "pr"


@pytest.mark.parametrize(
    ("events", "message"),
    [
        ("{branch: nope}", "no target or group is called 'nope'"),
        ("{branch: [app-1, app-9*]}", "no target or group is called 'app-9*'"),
        ("{branch: []}", "`events`, 'branch', names nothing"),
        ("{branch: }", "`events`, 'branch', names nothing"),
        ("{branch: {app: 1}}", "`events`, 'branch', takes names"),
        ("{branch: '{{ image }}'}", "cannot be '{{ image }}'"),
        ("{branch: '$(reboot)'}", "cannot be '$(reboot)'"),
        ("{nigthly: all}", "`events` has no field 'nigthly'"),
        ("nightly", "`events` takes a mapping"),
    ],
)
def test_what_cannot_be_meant_is_refused(events: str, message: str) -> None:
    with pytest.raises(InputError) as refused:
        names(f"selections: {{pr: all}}\nevents: {events}\n")
    (problem,) = refused.value.diagnostics
    assert message in problem.message
    assert problem.location is not None and problem.location.source.path == "bakegen.yaml"
