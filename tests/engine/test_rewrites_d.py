"""The traps of five rewrites (cache-mount, bind-mount, manifests-first, hoist-install, split-run) on the real engine.

Each Dockerfile is built as it is and as it is rewritten; the images are the same but for what the rewrite declares.
Here are those that need odd modes, owners, a second build or a look into the logs; tests/golden/rewrites has the rest.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from bakegen.compare import Shared, differences, read_image
from bakegen.dockerfile.ignore import DEFAULT_NAME, IgnoreFile
from bakegen.facts.context import ListedContext
from bakegen.facts.model import Evidence
from bakegen.rewrites.driver import rewrite
from bakegen.text import Source
from bakegen.workspace.disk import DiskFolder
from tests.conftest import PROFILE_VARIABLE
from tests.engine.base_facts import NO_ATTESTATION, PLATFORM, archive_output, read_facts, write_bake_file

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from bakegen.compare import Image
    from bakegen.facts.model import PlatformFacts
    from bakegen.rewrites.driver import Outcome
    from tests.engine.harness.engine import Engine
    from tests.engine.harness.progress import BuildResult

HOOK = (
    'DPkg::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb /var/cache/apt/*.bin || true"; };\n'
    'APT::Update::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb /var/cache/apt/*.bin || true"; };\n'
    'Dir::Cache::pkgcache ""; Dir::Cache::srcpkgcache "";\n'
)
"""What Debian's images have in /etc/apt/apt.conf.d/docker-clean."""


@dataclass(frozen=True)
class Trap:
    """A Dockerfile for one rewrite.

    Attributes:
        rewrite: its name.
        text: the Dockerfile.
        files: path -> text.
        modes: path -> mode, for files and directories of the context that are odd.
        has: texts that the rewritten file has; empty where nothing may happen.
        control: whether two builds of the original differ by themselves.
        gone: paths that must not be in the rewritten image.
    """

    rewrite: str
    text: str
    files: Mapping[str, str] = field(default_factory=dict)
    modes: Mapping[str, int] = field(default_factory=dict)
    has: tuple[str, ...] = ()
    control: bool = False
    gone: tuple[str, ...] = ()


PIP = "pip install --no-cache-dir --no-compile --break-system-packages"

TRAPS = {
    "directories of the context have modes of their own": Trap(
        "manifests-first",
        f"FROM debian-python\nCOPY . /srv/app/\nWORKDIR /srv/app\nRUN {PIP} -r closed/all.txt\n",
        {"closed/all.txt": "-r ../open/base.txt\n", "open/base.txt": "idna==3.10\n", "main.py": "", "open/x": "1"},
        {"closed": 0o700, "open": 0o775, "open/base.txt": 0o640, "": 0o750},
        ("COPY closed/all.txt /srv/app/closed/\nCOPY open/base.txt /srv/app/open/\n",),
        control=True,
    ),
    "the copied files and the directories above them belong to somebody": Trap(
        "manifests-first",
        f"FROM debian-python\nCOPY --chown=1000:1001 . /srv/new/app/\nRUN {PIP} -r /srv/new/app/sub/all.txt\n",
        {"sub/all.txt": "idna==3.10\n", "main.py": ""},
        {"sub": 0o711},
        ("COPY --chown=1000:1001 sub/all.txt /srv/new/app/sub/\n",),
        control=True,
    ),
    "a destination that the image has, with a mode of its own": Trap(
        "manifests-first",
        "FROM debian-python\nRUN mkdir -m 711 /srv/app && chown 5:6 /srv/app\nWORKDIR /srv/app\nCOPY . .\n"
        f"RUN {PIP} -r sub/all.txt\n",
        {"sub/all.txt": "idna==3.10\n", "main.py": ""},
        {"sub": 0o2770},
        ("COPY sub/all.txt sub/\n",),
        control=True,
    ),
    "a file over which is mounted is not left behind, nor is the directory's mode changed": Trap(
        "bind-mount",
        "FROM debian\nCOPY data.txt more.txt /tmp/\n"
        "RUN cat /tmp/data.txt /tmp/more.txt > /srv/both && rm /tmp/data.txt /tmp/more.txt\n",
        {"data.txt": "a\n", "more.txt": "b\n"},
        {"data.txt": 0o600},
        ("type=bind,source=data.txt,target=/tmp/data.txt",),
        gone=("/tmp/data.txt", "/tmp/more.txt"),
    ),
    "a directory that is copied whole and deleted whole": Trap(
        "bind-mount",
        "FROM debian\nWORKDIR /work\nCOPY parts /work/parts\nRUN cp -r parts /srv/kept && rm -rf parts\n",
        {"parts/a": "a\n", "parts/deep/b": "b\n"},
        {"parts/deep": 0o750},
        ("type=bind,source=parts,target=/work/parts",),
        gone=("/work/parts",),
    ),
    "files of another stage": Trap(
        "bind-mount",
        "FROM debian AS made\nRUN mkdir /out && echo x > /out/x && chown 7:8 /out/x\n"
        "FROM debian\nCOPY --from=made /out /made\nRUN cat /made/x > /srv/x && rm -r /made\n",
        {},
        {},
        ("type=bind,from=made,source=/out,target=/made",),
        gone=("/made",),
    ),
    "a COPY makes the directory above, which stays": Trap(
        "bind-mount",
        "FROM debian\nCOPY data.txt /in/data.txt\nRUN cp /in/data.txt /srv/data && rm /in/data.txt\n",
        {"data.txt": "a\n"},
    ),
    "another user may not read the mounted file": Trap(
        "bind-mount",
        "FROM debian\nRUN mkdir -m 777 /work\nUSER 1000\nCOPY --chmod=644 data.txt /work/data.txt\n"
        "RUN cp /work/data.txt /work/kept && rm -f /work/data.txt || true\n",
        {"data.txt": "a\n"},
        {"data.txt": 0o600},
    ),
    "the directories above a cache leave no trace": Trap(
        "cache-mount",
        f"FROM debian-python\nRUN {PIP.replace(' --no-cache-dir', '')} idna==3.10\n",
        has=("target=/root/.cache/pip",),
        control=True,
        gone=("/root/.cache",),
    ),
    "a cache of another user than root": Trap(
        "cache-mount",
        "FROM debian-python\nRUN mkdir -p /home/app && chown 1000:1000 /home/app\nENV HOME=/home/app\n"
        "USER 1000:1000\nRUN pip install --no-compile --target /home/app/lib idna==3.10\n",
        has=("uid=1000,gid=1000",),
        control=True,
        gone=("/home/app/.cache",),
    ),
    "both parts of a RUN, with comments and mounts": Trap(
        "split-run",
        "FROM debian-python\nARG VERSION=1\n"
        f"RUN --mount=type=cache,target=/c {PIP} \\\n    idna==3.10 \\\n  # for the label\n"
        '  && echo "$VERSION" > /srv/version \\\n  && touch /c/x\n',
        has=('# for the label\nRUN --mount=type=cache,target=/c echo "$VERSION"',),
        control=True,
    ),
}


class Builder:
    """Rewrites and builds in one folder."""

    def __init__(self, engine: Engine, facts: Mapping[str, PlatformFacts], names: Mapping[str, str], at: Path) -> None:
        self.engine = engine
        self.facts = facts
        self.names = names
        self.folder = at
        self.context = at / "context"
        self.context.mkdir()
        self.shared = Shared()

    def lay_out(self, files: Mapping[str, str], modes: Mapping[str, int]) -> None:
        """Makes the build context."""
        for path, text in files.items():
            (self.context / path).parent.mkdir(parents=True, exist_ok=True)
            (self.context / path).write_text(text)
        for path, mode in modes.items():
            (self.context / path).chmod(mode)

    def rewrite(self, text: str, name: str) -> Outcome:
        """What one rewrite makes of a Dockerfile."""
        listed = ListedContext(DiskFolder(self.context), IgnoreFile.parse(Source(DEFAULT_NAME, "")))
        return rewrite(
            Source("Dockerfile", text),
            Evidence(self.facts, listed),
            level="assumed",
            only=(name,),
            project=self.folder.name,
            strict=True,
        )

    def build(self, text: str, name: str, *options: str) -> BuildResult:
        """Builds a text on the machine's own network: what it downloads must not hang."""
        file = self.folder / f"{name}.Dockerfile"
        file.write_text(text)
        named = [f"--build-context={name}=docker-image://{reference}" for name, reference in self.names.items()]
        return self.engine.build(
            *("-f", str(file), "--provenance=false", "--network=host", "--allow=network.host", *named, *options),
            *("--output", archive_output(self.folder / f"{name}.tar"), str(self.context)),
        )

    def target(self, text: str, name: str) -> dict[str, Any]:
        """A bake target that leaves the image of a text in an archive."""
        file = self.folder / f"{name}.Dockerfile"
        file.write_text(text)
        return {
            "context": str(self.context),
            "dockerfile": str(file),
            "contexts": {one: f"docker-image://{reference}" for one, reference in self.names.items()},
            "network": "host",
            "attest": NO_ATTESTATION,
            "output": [archive_output(self.folder / f"{name}.tar")],
        }

    def image(self, name: str) -> Image:
        """The image in an archive, which goes."""
        path = self.folder / f"{name}.tar"
        try:
            return read_image(path, PLATFORM, self.shared)
        finally:
            path.unlink()


@dataclass(frozen=True)
class Built:
    """A trap's images: the original, the rewritten one, and the original once more."""

    outcome: Outcome
    original: Image | None = None
    rewritten: Image | None = None
    control: Image | None = None


@pytest.fixture(scope="module")
def names(bases: Callable[..., dict[str, str]]) -> dict[str, str]:
    """The bases that the traps name."""
    return bases("debian", "debian-python")


@pytest.fixture(scope="module")
def facts(names: dict[str, str]) -> dict[str, PlatformFacts]:
    """Their facts."""
    return read_facts(names)


@pytest.fixture(scope="module")
def built(
    engine: Engine, names: dict[str, str], facts: dict[str, PlatformFacts], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Built]:
    """All traps, rewritten, and built in two bakes: equal builds that run at once would be one."""
    folder = tmp_path_factory.mktemp("traps")
    builders: dict[str, Builder] = {}
    outcomes: dict[str, Outcome] = {}
    together: dict[str, dict[str, Any]] = {}
    controls: dict[str, dict[str, Any]] = {}
    for number, (title, trap) in enumerate(TRAPS.items()):
        home = folder / str(number)
        home.mkdir()
        builder = builders[title] = Builder(engine, facts, names, home)
        builder.lay_out(trap.files, trap.modes)
        outcome = outcomes[title] = builder.rewrite(trap.text, trap.rewrite)
        if outcome.changed:
            together[f"original-{number}"] = builder.target(trap.text, "original")
            together[f"rewritten-{number}"] = builder.target(outcome.source.text, "rewritten")
            if trap.control:
                controls[f"control-{number}"] = {**builder.target(trap.text, "control"), "no-cache": True}
    for targets in (together, controls):
        write_bake_file(folder, targets)
        engine.bake("--allow=network.host", f"--allow=fs={folder}", *targets, cwd=folder)
    return {
        title: Built(
            outcomes[title],
            builder.image("original"),
            builder.image("rewritten"),
            builder.image("control") if TRAPS[title].control else None,
        )
        if outcomes[title].changed
        else Built(outcomes[title])
        for title, builder in builders.items()
    }


@pytest.fixture
def builder(engine: Engine, names: dict[str, str], facts: dict[str, PlatformFacts], tmp_path: Path) -> Builder:
    """A builder with a folder of its own."""
    return Builder(engine, facts, names, tmp_path)


@pytest.mark.parametrize("title", TRAPS)
def test_the_image_is_the_same(title: str, built: dict[str, Built]) -> None:
    trap, made = TRAPS[title], built[title]
    assert made.outcome.changed == bool(trap.has), made.outcome.offered
    if made.original is None or made.rewritten is None:
        return
    assert all(text in made.outcome.source.text for text in trap.has), made.outcome.source.text
    found = differences(made.original, made.rewritten, control=made.control, ignore=made.outcome.declared)
    assert found.differences == ()
    assert found.entries > 0
    assert not set(trap.gone) & set(made.rewritten.files)


def test_a_moved_install_is_not_run_again(builder: Builder) -> None:
    text = f"FROM debian-python\nWORKDIR /srv/app\nCOPY . .\nRUN {PIP} -r requirements.txt\n"
    builder.lay_out({"requirements.txt": "idna==3.10\n", "main.py": "1"}, {})
    outcome = builder.rewrite(text, "manifests-first")
    builder.build(outcome.source.text, "first")
    (builder.context / "main.py").write_text("2")
    again = builder.build(outcome.source.text, "second")
    assert [step.instruction for step in again.executed] == ["COPY . ."]


@pytest.mark.skipif(os.environ.get(PROFILE_VARIABLE) != "large", reason=f"{PROFILE_VARIABLE}=large runs it")
def test_apt_keeps_its_archives_where_docker_clean_deletes_them(builder: Builder) -> None:
    builder.lay_out({"docker-clean": HOOK}, {})
    text = (
        "FROM debian\nARG ROUND=1\nCOPY docker-clean /etc/apt/apt.conf.d/docker-clean\n"
        "RUN apt-get update \\\n && apt-get install -y --no-install-recommends tree \\\n"
        " && rm -rf /var/lib/apt/lists/*\n"
    )
    outcome = builder.rewrite(text, "cache-mount")
    assert "Dir::Cache::Archives=/var/cache/apt/kept install" in outcome.source.text
    builder.build(outcome.source.text, "rewritten")
    image = builder.image("rewritten")
    assert "/usr/bin/tree" in image.files
    assert not any(path.endswith(".deb") and "/kept/" in path for path in image.files)
    again = builder.build(outcome.source.text, "again", "--build-arg=ROUND=2")
    assert "Need to get 0 B" in again.logs
    # Without the option the hook empties the mount each time.
    plain = outcome.source.text.replace(" -o Dir::Cache::Archives=/var/cache/apt/kept", "")
    builder.build(plain, "plain", "--build-arg=ROUND=3")
    assert "Need to get 0 B" not in builder.build(plain, "plainer", "--build-arg=ROUND=4").logs
