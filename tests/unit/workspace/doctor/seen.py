"""Facts as real machines have them, for the tests of checks: each test changes what it is about."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bakegen.plan.branch import BranchState
from bakegen.workspace.doctor.checks import GROUPS
from bakegen.workspace.doctor.judging import judge
from bakegen.workspace.doctor.model import Asked, Builder, Docker, Facts, History, Machine, Node, Project
from bakegen.workspace.git import GitFacts

if TYPE_CHECKING:
    from bakegen.workspace.doctor.findings import Finding

HERE = BranchState("main", None, "main", None, False, False, "git", local=True)
TRUSTED_CI = BranchState("main", None, "main", None, False, True, "GitHub Actions")

DOCKER = Docker(
    client="29.7.2",
    server="29.7.2",
    components={"containerd": "v2.3.3", "runc": "1.4.3"},
    info={"DriverStatus": [["driver-type", "io.containerd.snapshotter.v1"]], "SecurityOptions": ["name=seccomp"]},
    clock=0.2,
    doubt=0.1,
    buildx="0.36.0",
)
NODE = Node(
    "default",
    status="running",
    version="v0.32.2",
    platforms=("linux/amd64", "linux/amd64/v2", "linux/386"),
    features={"Cache export": True, "Automatically load images to the Docker Engine image store": True},
)
BUILDER = Builder("default", "docker", (NODE,))
PROJECT = Project(
    Path("/project"),
    HERE,
    count=2,
    caches={"registry": ({"type": "registry", "ref": "registry.example.com/team/app:cache"},)},
    platforms={"linux/amd64": "app"},
    repositories=("registry.example.com/team/app",),
    contexts=("images/app",),
)
ASKED = Asked("registry.example.com/team/app", "registry.example.com", False, there=True, write="", deletes=True)
HISTORY = History(
    GitFacts(root="/project", branch="main", revision="1" * 40, default_branch="main", shallow=False),
    commits=20,
    wanted=20,
    default="main",
)
MACHINE = Machine("Linux", "", (3, 11, 7), True, 1_800_000_000.0, 100 * 2**30)


def facts(**changed: Any) -> Facts:
    """What a machine on which all is well has, with other values for some of it."""
    made = Facts({}, MACHINE, DOCKER, BUILDER, PROJECT, (ASKED,), HISTORY, 100 * 2**30)
    return replace(made, **changed)


def with_node(driver: str = "docker", **changed: Any) -> Builder:
    """The builder with another driver, and a node of which something is different."""
    return Builder("mine", driver, (replace(NODE, **changed),))


def found(check: str, **changed: Any) -> list[Finding]:
    """What one check says of such a machine."""
    assert check.partition("-")[0] in GROUPS
    return [one.finding for one in judge(facts(**changed), GROUPS) if one.check.name == check]


def only(check: str, **changed: Any) -> Finding:
    """The one thing that a check says."""
    (finding,) = found(check, **changed)
    return finding
