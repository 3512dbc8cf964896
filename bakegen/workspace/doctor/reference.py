"""The reference page of `bakegen doctor`, made from the tables of checks and of security fixes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.workspace.doctor.advisories import ADVISORIES, CURRENT
from bakegen.workspace.doctor.checks import CHECKS, GROUPS
from bakegen.workspace.doctor.findings import Result
from bakegen.workspace.doctor.mending import BUILDKIT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.workspace.doctor.advisories import Advisory

RESULTS = {
    Result.FAILURE: "it stands in the way of what this project does; the command ends with 1",
    Result.WARNING: "it costs something, or stands in the way elsewhere; the command ends with 1 with `--strict`",
    Result.UNKNOWN: "something did not answer or does not tell, or a distribution may have mended it silently",
    Result.NOTE: "good to know",
    Result.OK: "well; counted, and shown with `--verbose`",
}
_COMPONENTS = {
    "buildkit": "BuildKit", "buildx": "buildx", "engine": "Docker Engine", "containerd": "containerd", "runc": "runc",
}  # fmt: skip
_TITLES = {
    "docker": "Docker", "builder": "Builder", "registry": "Registries", "git": "Project and git",
    "machine": "This machine",
}  # fmt: skip

_HEAD = """\
<!-- Made from bakegen/workspace/doctor/; do not edit. -->
# What `bakegen doctor` checks

It looks at docker, the builder, registries, git and this machine side by side, each within `--timeout` seconds, and
then judges what it has seen by what the project uses. Outside of a project nothing is needed, so that nothing fails
there: what is missing is a warning, and the command ends with 0. `--only` names groups: {groups}.

| result | meaning |
| --- | --- |
{results}

Findings come with what mends them, ready to paste: commands, or lines for the file of the CI that
was recognised. Secrets are never shown.

## What is asked of registries

Of each repository that images or caches are pushed to (the first {most}, and as many base images) a list of tags is
read. To find out whether it can be written, an upload is begun and cancelled at once; no byte is sent, and registries
forget uploads that are not finished by themselves. To find out whether manifests can be deleted, the deletion of a
digest is asked for that no bytes have. `--no-write` leaves out both. Base images are only asked for, which Docker Hub
does not count as a pull.
"""

_FORM = """\
## What `--format json` prints

| field | holds | meaning |
| --- | --- | --- |
| `schema_version` | whole number | 1; goes up when a field goes away or changes its meaning |
| `bakegen` | text | the version of bakegen |
| `project` | text or null | the project's folder, null outside of one |
| `counts` | object | how many findings each result has |
| `findings` | list of objects | the worst first |

Each finding has `check` (a name of the tables above), `group`, `result`, `about` (which of several things; may be
empty), `seen` (the version or value), `why`, and `fix` (commands or settings; may be empty). All are texts.
"""

_FIXES = """\
## Security fixes

Faults that a build can meet, through Dockerfiles, frontends, base images, contexts or the client: advisories were
looked through up to {current}. Faults of running containers, of `docker cp`, of swarm networks and of Kubernetes are
not in it. A version that a distribution made may have a fix without its number, so that nothing is claimed of it.

| component | mended in | advisory | what can happen | published |
| --- | --- | --- | --- | --- |
{rows}

The docker driver tells no version of its BuildKit in some builds; then the engine's version tells it, by the table of
`bakegen/workspace/doctor/versions.py`.

The tables are data. To keep them current: read the new advisories of `moby/buildkit`, `docker/buildx`, `moby/moby`,
`containerd/containerd` and `opencontainers/runc` (the Go vulnerability database lists all of them by module), add a
row to `bakegen/workspace/doctor/advisories.py` with the advisory's address, set `CURRENT`, add the newest engines to
`ENGINE_BUILDKIT`, and set the BuildKit that is proposed (now {buildkit}) to one with every fix, which a test holds.
"""


def page() -> str:
    """The text of ``docs/reference/doctor.md``."""
    from bakegen.workspace.doctor.looking import MOST_REPOSITORIES

    results = "\n".join(f"| {result} | {meaning} |" for result, meaning in RESULTS.items())
    groups = ", ".join(f"`{group}`" for group in GROUPS)
    rows = "\n".join(map(_row, ADVISORIES))
    return "\n".join(
        (
            _HEAD.format(groups=groups, results=results, most=MOST_REPOSITORIES),
            *_groups(),
            _FORM,
            _FIXES.format(current=CURRENT, rows=rows, buildkit=BUILDKIT),
        )
    )


def _groups() -> Iterator[str]:
    for group in GROUPS:
        lines = [f"## {_TITLES[group]}", "", "| check | looks at | because |", "| --- | --- | --- |"]
        lines += [f"| `{one.name}` | {one.looks} | {one.why} |" for one in CHECKS if one.group == group]
        yield "\n".join((*lines, ""))


def _row(one: Advisory) -> str:
    versions = ", ".join(until for _, until in one.fixed)
    names = ", ".join(one.names)
    return f"| {_COMPONENTS[one.component]} | {versions} | [{names}]({one.source}) | {one.what} | {one.date} |"
