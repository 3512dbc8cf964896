"""What the looks of `bakegen doctor` give to its checks."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from bakegen.plan.branch import BranchState
    from bakegen.workspace.doctor.findings import Unseen
    from bakegen.workspace.git import GitFacts


@dataclass(frozen=True, slots=True)
class Docker:
    """The docker client and its engine.

    Attributes:
        client: the client's version; "" where there is no docker.
        server: the engine's version; "" where it was not reached.
        components: versions of what the engine reports: ``containerd``, ``runc``.
        problem: what docker said where the engine was not reached.
        info: what ``docker info`` tells, as it is.
        clock: by how many seconds the engine's clock is ahead of this machine's, None where unknown.
        doubt: how many seconds `clock` may be off.
        buildx: the version of buildx; "" where there is none.
    """

    client: str = ""
    server: str = ""
    components: Mapping[str, str] = field(default_factory=dict)
    problem: str = ""
    info: Mapping[str, object] = field(default_factory=dict)
    clock: float | None = None
    doubt: float = 0.0
    buildx: str = ""

    @property
    def containerd_store(self) -> bool:
        """Whether images are kept in containerd's store, as ``docker info`` tells by its driver type."""
        status = self.info.get("DriverStatus")
        return any("io.containerd.snapshotter" in str(one) for one in status) if isinstance(status, list) else False

    @property
    def rootless(self) -> bool:
        """Whether the engine runs without root."""
        options = self.info.get("SecurityOptions")
        return "name=rootless" in options if isinstance(options, list) else False


@dataclass(frozen=True, slots=True)
class Node:
    """One node of a builder, as ``docker buildx inspect`` shows it."""

    name: str
    endpoint: str = ""
    status: str = ""
    version: str = ""
    error: str = ""
    platforms: tuple[str, ...] = ()
    flags: str = ""
    options: str = ""
    features: Mapping[str, bool] = field(default_factory=dict)
    collect: tuple[Mapping[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Builder:
    """The builder that builds would use."""

    name: str
    driver: str
    nodes: tuple[Node, ...] = ()
    error: str = ""


@dataclass(frozen=True, slots=True)
class Use:
    """Something that a project uses, and where: the first place, and how many others there are."""

    what: str
    where: str
    others: int = 0

    def __str__(self) -> str:
        return f"{self.what} in {self.where}" + (f" and {self.others} more" if self.others else "")


@dataclass(frozen=True)
class Project:
    """What a project needs of machines and registries.

    Attributes:
        root: its folder.
        state: the branch, and whether this run may write.
        ancestors: how many earlier commits a build may look at.
        count: how many targets it has.
        buildx: attribute or form -> the first buildx that knows it, by first use.
        features: what Dockerfiles use, by the first Dockerfile frontend that has it.
        syntaxes: the frontends that ``# syntax=`` names.
        caches: cache backend -> entries of ``cache-to`` as a trusted build would have them.
        backend_fields: what its cache entries use, by the first BuildKit that has it.
        platforms: platforms -> a target that is built for them.
        runs: platforms -> a step that is run on them.
        multi_platform: targets that are built for several platforms at once.
        attests: targets with attestations.
        entitlements: what builds ask for -> where.
        loads: whether images are loaded into the engine, as there is no registry to push to.
        repositories: where images and caches are pushed to.
        bases: references of base images.
        contexts: local folders that builds read, relative to the root.
        artifacts: whether artifacts are packed, for which zstd is needed.
        stale: committed files that `bakegen render` would change.
        lock_time: when the lock file was committed, in seconds since 1970; None without one.
    """

    root: Path
    state: BranchState
    ancestors: int = 0
    count: int = 0
    min_buildx: str = "0.20"
    buildx: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    features: Mapping[Feature, Use] = field(default_factory=dict)
    syntaxes: Mapping[str, str] = field(default_factory=dict)
    caches: Mapping[str, tuple[Mapping[str, str], ...]] = field(default_factory=dict)
    backend_fields: Mapping[str, str] = field(default_factory=dict)
    platforms: Mapping[str, str] = field(default_factory=dict)
    runs: Mapping[str, str] = field(default_factory=dict)
    multi_platform: tuple[str, ...] = ()
    attests: tuple[str, ...] = ()
    entitlements: Mapping[str, str] = field(default_factory=dict)
    loads: bool = False
    repositories: tuple[str, ...] = ()
    bases: tuple[str, ...] = ()
    contexts: tuple[str, ...] = ()
    artifacts: bool = False
    stale: tuple[str, ...] = ()
    lock_time: float | None = None


@dataclass(frozen=True, slots=True)
class Feature:
    """A flag of Dockerfiles, the first frontend that has it, and whether only the ``-labs`` channel does."""

    name: str
    since: str
    labs: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """What a registry said of one repository.

    Attributes:
        reference: ``host/path`` as people write it, or the reference of a base image.
        host: the registry's host.
        base: whether it is read only: a base image.
        login: "" where a login was found, else why not ("nobody is logged in").
        read: "" where it can be read, else why not.
        there: whether anything is there; None where it was not asked.
        write: "" where an upload could be started, None where it was not tried, else why not.
        deletes: whether manifests may be deleted, None where it was not tried or not told.
        kept_open: whether an upload was started and could not be cancelled.
        clock: by how many seconds the registry's clock is ahead of this machine's, None where it does not tell.
        limit, remaining: pulls allowed, and left, where the registry tells (Docker Hub).
    """

    reference: str
    host: str
    base: bool
    login: str = ""
    read: str = ""
    there: bool | None = None
    write: str | None = None
    deletes: bool | None = None
    kept_open: bool = False
    clock: float | None = None
    limit: int | None = None
    remaining: int | None = None


@dataclass(frozen=True, slots=True)
class History:
    """What git tells of a folder.

    Attributes:
        facts: its general facts.
        commits: how many commits the build may compare with, of those wanted.
        wanted: how many are wanted.
        problem: why there are fewer.
        partial: whether objects are missing, to be fetched when asked for.
        modules: submodules that are not checked out.
        tracked: override files that are in git.
        default: the branch that caches are read of.
    """

    facts: GitFacts
    commits: int = 0
    wanted: int = 0
    problem: str = ""
    partial: bool = False
    modules: tuple[str, ...] = ()
    tracked: tuple[str, ...] = ()
    default: str = ""


@dataclass(frozen=True, slots=True)
class Machine:
    """This machine.

    Attributes:
        system: ``Linux``, ``Darwin``, ``Windows``.
        provider: the CI as `workspace.ci` names it; "" outside of one.
        python: the version of Python.
        zstd: whether this Python packs zstd.
        folder_free, engine_free: bytes free where the project is, and where a local engine keeps its data.
        ignores_case: whether the project's file system takes ``A`` for ``a``.
        now: seconds since 1970.
    """

    system: str
    provider: str
    python: tuple[int, ...]
    zstd: bool
    now: float
    folder_free: int | None = None
    ignores_case: bool = False


@dataclass(frozen=True)
class Facts:
    """All that was seen; `Unseen` in the place of what could not be had."""

    environ: Mapping[str, str]
    machine: Machine
    docker: Docker | Unseen = field(default_factory=Docker)
    builder: Builder | Unseen | None = None
    project: Project | Unseen | None = None
    registries: tuple[Asked, ...] = ()
    history: History | Unseen | None = None
    engine_free: int | None = None

    @property
    def plan(self) -> Project | None:
        """The project, where there is one that could be read."""
        return self.project if isinstance(self.project, Project) else None

    @property
    def engine(self) -> Docker:
        """What is known of docker; nothing, where nothing is."""
        return self.docker if isinstance(self.docker, Docker) else Docker()

    @property
    def nodes(self) -> tuple[Node, ...]:
        """The builder's nodes."""
        return self.builder.nodes if isinstance(self.builder, Builder) else ()

    @property
    def driver(self) -> str:
        """The builder's driver; "" where it is not known."""
        return self.builder.driver if isinstance(self.builder, Builder) else ""
