"""Security fixes that builds depend on: the one table, versions as the Go vulnerability database has them.

What is here can be met by a build: by Dockerfiles, frontends, base images, contexts, or the client that starts it.
How the table is kept current stands in docs/reference/doctor.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bakegen.workspace.doctor.versions import numbers, older

if TYPE_CHECKING:
    from collections.abc import Iterator

CURRENT = "2026-08-21"
"""The day up to which published advisories were looked through."""


@dataclass(frozen=True, slots=True)
class Advisory:
    """One security fix.

    Attributes:
        component: ``buildkit``, ``buildx``, ``engine`` (Docker Engine), ``containerd`` or ``runc``.
        names: its CVEs.
        what: what could happen, for people.
        fixed: pairs of the first version that has the fault and the first that has it no more, by line of releases.
        source: the address of the project's own advisory.
        date: when it was published, there or in the Go vulnerability database.
    """

    component: str
    names: tuple[str, ...]
    what: str
    fixed: tuple[tuple[str, str], ...]
    source: str
    date: str

    def affects(self, version: str) -> bool:
        """Whether `version` has the fault; False where it cannot be compared."""
        return any(_from(version, since) and older(version, until) is True for since, until in self.fixed)

    def mended(self, version: str) -> str:
        """The first version without the fault that is not older than `version`."""
        return next((until for since, until in reversed(self.fixed) if _from(version, since)), "")


def _advisory(
    component: str, names: str, what: str, fixed: tuple[tuple[str, str], ...], source: str, date: str
) -> Advisory:
    return Advisory(component, tuple(names.split()), what, fixed, f"https://github.com/{source}", date)


_BUILDKIT = "moby/buildkit/security/advisories"
_RUNC = "opencontainers/runc/security/advisories"
_CONTAINERD = "containerd/containerd/security/advisories"
_MOBY = "moby/moby/security/advisories"
_NOVEMBER = (("0", "1.2.8"), ("1.3.0", "1.3.3"))

ADVISORIES = (
    _advisory(
        "buildkit", "CVE-2026-33747", "a frontend that is not trusted can write files outside of BuildKit's folder",
        (("0", "0.28.1"),), f"{_BUILDKIT}/GHSA-4c29-8rgm-jvjj", "2026-03-27",
    ),
    _advisory(
        "buildkit", "CVE-2026-33748", "the subfolder of a git URL can lead out of the repository",
        (("0", "0.28.1"),), f"{_BUILDKIT}/GHSA-4vrq-3vrq-g6gg", "2026-03-27",
    ),
    _advisory(
        "buildkit", "CVE-2024-23653", "a frontend can start containers with rights that nobody allowed",
        (("0", "0.12.5"),), f"{_BUILDKIT}/GHSA-wr6v-9f75-vh2g", "2024-02-07",
    ),
    _advisory(
        "buildkit", "CVE-2024-23652", "RUN --mount can remove files of the machine",
        (("0", "0.12.5"),), f"{_BUILDKIT}/GHSA-4v98-7qmw-rqr8", "2024-02-12",
    ),
    _advisory(
        "buildkit", "CVE-2024-23651", "two steps with the same cache mount can reach files of the machine",
        (("0", "0.12.5"),), f"{_BUILDKIT}/GHSA-m3r6-h7wv-7xxv", "2024-02-12",
    ),
    _advisory(
        "buildkit", "CVE-2024-23650", "a client or frontend can crash the daemon",
        (("0", "0.12.5"),), f"{_BUILDKIT}/GHSA-9p26-698r-w4hx", "2024-02-12",
    ),
    _advisory(
        "buildx", "CVE-2025-0495", "cache credentials given on the command line can end up in telemetry and in traces",
        (("0", "0.21.3"),), "docker/buildx/security/advisories/GHSA-m4gq-fm9h-8q75", "2025-03-18",
    ),
    _advisory(
        "engine", "CVE-2024-24557", "the old builder (without BuildKit) takes images of others for its cache",
        (("0", "24.0.9"), ("25.0.0", "25.0.2")), f"{_MOBY}/GHSA-xw73-rw38-6vjc", "2024-02-01",
    ),
    _advisory(
        "runc", "CVE-2026-41579", "an image whose /dev is a link can change files of the machine",
        (("0", "1.3.6"), ("1.4.0", "1.4.3")), f"{_RUNC}/GHSA-xjvp-4fhw-gc47", "2026-07-07",
    ),
    _advisory(
        "runc", "CVE-2025-31133", "a container can get out by masked paths",
        _NOVEMBER, f"{_RUNC}/GHSA-9493-h29p-rfm2", "2025-11-18",
    ),
    _advisory(
        "runc", "CVE-2025-52565", "a container can get out by /dev/console",
        _NOVEMBER, f"{_RUNC}/GHSA-qw9x-cqr3-wc7r", "2025-11-18",
    ),
    _advisory(
        "runc", "CVE-2025-52881", "a container can get out by writes to /proc that are led elsewhere",
        _NOVEMBER, f"{_RUNC}/GHSA-cgrx-mc8f-2prm", "2025-11-18",
    ),
    _advisory(
        "runc", "CVE-2024-45310", "empty files can be made on the machine",
        (("0", "1.1.14"),), f"{_RUNC}/GHSA-jfvp-7x6p-h2pv", "2024-09-06",
    ),
    _advisory(
        "runc", "CVE-2024-21626", "WORKDIR can lead out of the container, in a build too",
        (("1.0.0", "1.1.12"),), f"{_RUNC}/GHSA-xr7r-f8xq-vfvv", "2024-01-31",
    ),
    _advisory(
        "containerd", "CVE-2026-47262", "an image with an endless group file takes all memory",
        (("1.7.0", "1.7.33"), ("2.0.0", "2.0.10"), ("2.1.0", "2.1.9"), ("2.2.0", "2.2.5"), ("2.3.0", "2.3.2")),
        f"{_CONTAINERD}/GHSA-jpcc-p29g-p8mq", "2026-06-25",
    ),
    _advisory(
        "containerd", "CVE-2025-47290", "pulling an image can change files of the machine",
        (("2.1.0", "2.1.1"),), f"{_CONTAINERD}/GHSA-cm76-qm8v-3j95", "2025-05-23",
    ),
    _advisory(
        "containerd", "CVE-2024-40635", "an image's user number can overflow into root",
        (("0", "1.6.38"), ("1.7.0", "1.7.27"), ("2.0.0", "2.0.4")), f"{_CONTAINERD}/GHSA-265r-hfxg-fhmg", "2025-03-18",
    ),
)  # fmt: skip


def _from(version: str, since: str) -> bool:
    return since == "0" or older(version, since) is False


def affecting(component: str, version: str) -> Iterator[Advisory]:
    """The faults that `version` of `component` has by its number."""
    if numbers(version) is not None:
        yield from (one for one in ADVISORIES if one.component == component and one.affects(version))
