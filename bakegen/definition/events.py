"""What can start a build of a CI: the keys of the setting `events`, and what `--event` takes."""

from __future__ import annotations

from enum import StrEnum


class BuildEvent(StrEnum):
    """What started a build, whichever provider says so in whatever words."""

    PULL_REQUEST = "pull-request"
    BRANCH = "branch"
    DEFAULT_BRANCH = "default-branch"
    NIGHTLY = "nightly"
    RELEASE = "release"
    MANUAL = "manual"


EVENTS: dict[BuildEvent, str] = {
    BuildEvent.PULL_REQUEST: "A pull or merge request, and what a merge queue tests.",
    BuildEvent.BRANCH: "A push to a branch that is not the default one.",
    BuildEvent.DEFAULT_BRANCH: "A push to the default branch, such as a merge.",
    BuildEvent.NIGHTLY: "A schedule, on whatever branch.",
    BuildEvent.RELEASE: "A git tag, or a release made of one.",
    BuildEvent.MANUAL: "Somebody asked for it, in a browser or through an API.",
}
"""When each of them is."""
