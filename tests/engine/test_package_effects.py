"""What package managers really change lies within what their models say they write: step by step, on a real engine."""

from __future__ import annotations

import json
import os
import posixpath
import re
import tarfile
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from bakegen.dockerfile import read
from bakegen.dockerfile.ignore import IgnoreFile
from bakegen.dockerfile.instructions import Run
from bakegen.effects.places import ancestors, disturbed, entry
from bakegen.effects.stages import analyse
from bakegen.text import Source
from bakegen.workspace.evidence import gather
from tests.conftest import PROFILE_VARIABLE
from tests.engine.base_facts import PLATFORM, read_facts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from bakegen.effects.stages import StepView
    from bakegen.facts.model import Evidence, PlatformFacts
    from tests.engine.harness.engine import Engine


@dataclass(frozen=True)
class Case:
    """A Dockerfile without its FROM, the base that it stands on, and the build context."""

    name: str
    base: str
    text: str
    files: Mapping[str, str] = field(default_factory=dict)


PACKAGE = json.dumps({"name": "app", "version": "1.0.0", "dependencies": {"is-odd": "3.0.1"}})
LOCK = json.dumps(
    {
        "name": "app",
        "version": "1.0.0",
        "lockfileVersion": 3,
        "packages": {
            "": {"name": "app", "version": "1.0.0", "dependencies": {"is-odd": "3.0.1"}},
            "node_modules/is-odd": {"version": "3.0.1", "dependencies": {"is-number": "^6.0.0"}},
            "node_modules/is-number": {"version": "6.0.0"},
        },
    }
)
IS_ODD = "sha512-CQpnWPrDwmP1+SMHXZhtLtJv90yiyVfluGsX5iNCVkrhQtU3TQHsUWPG9wkdk9Lgd5yNpAg9jQEo90CBaXgWMA=="
IS_NUMBER = "sha512-Wu1VHeILBK8KAWJUAiSZQX94GmOE45Rg6/538fKwiloUu21KncEkYGPqob2oSZ5mUT73vLGrHQjKw3KMPwfDzg=="
PNPM_LOCK = f"""\
lockfileVersion: '9.0'

settings:
  autoInstallPeers: true
  excludeLinksFromLockfile: false

importers:

  .:
    dependencies:
      is-odd:
        specifier: 3.0.1
        version: 3.0.1

packages:

  is-number@6.0.0:
    resolution: {{integrity: {IS_NUMBER}}}
    engines: {{node: '>=0.10.0'}}

  is-odd@3.0.1:
    resolution: {{integrity: {IS_ODD}}}
    engines: {{node: '>=4'}}

snapshots:

  is-number@6.0.0: {{}}

  is-odd@3.0.1:
    dependencies:
      is-number: 6.0.0
"""
GO_MOD = "module example.org/app\n\ngo 1.22\n\nrequire golang.org/x/text v0.14.0\n"
GO_SUM = (
    "golang.org/x/text v0.14.0 h1:ScX5w1eTa3QqT8oi6+ziP7dTV1S2+ALU0bI+0zXKWiQ=\n"
    "golang.org/x/text v0.14.0/go.mod h1:18ZOQIKpY8NJVqYksKHtTdi31H5itFRjB5/qKTNYzSU=\n"
)
GO_MAIN = 'package main\n\nimport "golang.org/x/text/language"\n\nfunc main() { println(language.English.String()) }\n'
CARGO = '[package]\nname = "app"\nversion = "0.1.0"\nedition = "2021"\n[dependencies]\nitoa = "=1.0.11"\n'

CASES = (
    Case(
        "apt",
        "debian",
        "RUN apt-get update\n"
        "RUN apt-get install -y --no-install-recommends tree less\n"
        "RUN apt-get purge -y --auto-remove less && apt-get clean\n"
        "RUN apt-mark hold tree && dpkg --add-architecture i386\n"
        "RUN apt-get install -y --no-install-recommends cron && rm -rf /var/lib/apt/lists/*\n",
    ),
    Case(
        "apt-services",
        "debian",
        "RUN apt-get update\n"
        "RUN apt-get install -y --no-install-recommends curl git\n"
        "RUN apt-get purge -y --auto-remove git && apt-get clean\n"
        "RUN apt-mark hold curl && dpkg --add-architecture i386\n"
        "RUN apt-get update && apt-get install -y adduser openssh-server cron && rm -rf /var/lib/apt/lists/*\n",
    ),
    Case(
        "pip",
        "debian-python",
        "WORKDIR /app\n"
        "COPY requirements.txt ./\n"
        "RUN python3 -m venv /opt/venv\n"
        "RUN /opt/venv/bin/pip install -r requirements.txt\n"
        "ENV PATH=/opt/venv/bin:$PATH\n"
        "RUN pip install --no-cache-dir flask==3.0.3\n"
        "RUN python3 -m pip wheel -w /wheels six==1.16.0\n"
        "RUN pip install --target /deps/lib --no-compile click==8.1.7\n"
        "RUN pip uninstall -y flask\n"
        "RUN /usr/bin/pip3 install --break-system-packages docopt==0.6.2\n"
        "RUN mkdir -p /home/me && chown 1000 /home/me\n"
        "USER 1000\n"
        "ENV HOME=/home/me\n"
        "RUN /usr/bin/pip3 install --break-system-packages six==1.16.0\n",
        {"requirements.txt": "six==1.16.0\ndocopt==0.6.2\n"},
    ),
    Case(
        "uv",
        "debian-python",
        "WORKDIR /app\n"
        "RUN pip install --break-system-packages uv==0.8.22\n"
        "COPY . .\n"
        "RUN uv venv /opt/venv\n"
        "ENV VIRTUAL_ENV=/opt/venv UV_NATIVE_TLS=1\n"
        "RUN uv pip install -r requirements.txt\n"
        "RUN uv pip install --system --break-system-packages --no-cache click==8.1.7\n"
        "RUN uv sync\n"
        "RUN uv cache clean\n",
        {
            "requirements.txt": "six==1.16.0\n",
            "pyproject.toml": '[project]\nname = "app"\nversion = "1"\nrequires-python = ">=3.11"\n'
            'dependencies = ["six==1.16.0"]\n',
            "uv.lock": 'version = 1\nrequires-python = ">=3.11"\n\n[[package]]\nname = "app"\nversion = "1"\n'
            'source = { virtual = "." }\n',
        },
    ),
    Case(
        "npm",
        "debian-node",
        "WORKDIR /srv/web/app\n"
        "COPY package.json package-lock.json ./\n"
        "RUN npm ci\n"
        "RUN npm install\n"
        "RUN npm prune --omit=dev\n"
        "RUN npm install -g is-odd@3.0.1 yarn@1.22.22 pnpm@9.15.9\n"
        "RUN npm config set fund false\n"
        "RUN npm cache clean --force\n",
        {"package.json": PACKAGE, "package-lock.json": LOCK},
    ),
    Case(
        "yarn",
        "debian-node",
        "WORKDIR /app\n"
        "RUN npm install -g yarn@1.22.22\n"
        "COPY . ./\n"
        "RUN yarn install --frozen-lockfile\n"
        "RUN yarn global add is-odd@3.0.1\n"
        "RUN yarn cache clean\n"
        "USER 1000\n",
        {"package.json": '{"name": "app"}', "yarn.lock": "# yarn lockfile v1\n"},
    ),
    Case(
        "pnpm",
        "debian-node",
        "WORKDIR /app\n"
        "RUN npm install -g pnpm@9.15.9\n"
        "COPY . ./\n"
        "RUN pnpm fetch\n"
        "RUN pnpm install --offline --frozen-lockfile\n"
        "ENV PNPM_HOME=/pnpm PATH=/pnpm:$PATH\n"
        "RUN pnpm add -g is-odd@3.0.1\n"
        "RUN pnpm store prune\n",
        {
            "package.json": PACKAGE,
            "pnpm-lock.yaml": PNPM_LOCK,
        },
    ),
    Case(
        "go",
        "debian-go",
        "WORKDIR /src/app\n"
        "COPY . .\n"
        "RUN go mod download\n"
        "RUN CGO_ENABLED=0 go build -trimpath -o /out/bin/app .\n"
        "RUN CGO_ENABLED=0 go install golang.org/x/example/hello@latest\n"
        "RUN go clean -cache -modcache\n"
        "RUN go version\n",
        {"go.mod": GO_MOD, "go.sum": GO_SUM, "main.go": GO_MAIN},
    ),
    Case(
        "cargo",
        "debian-rust",
        "WORKDIR /src/app\n"
        "COPY . .\n"
        "RUN cargo fetch\n"
        "RUN cargo build --release\n"
        "RUN cargo install --root /opt/tools --version 2.2.1 titlecase\n",
        {"Cargo.toml": CARGO, "src/main.rs": 'fn main() { println!("{}", itoa::Buffer::new().format(1)); }\n'},
    ),
)

STATED = re.compile(r"/tmp/uv-[0-9a-f]+\.lock")
"""What a model leaves to an assumption that it states."""


LONG = ("apt-services", "uv", "npm", "yarn", "pnpm", "go", "cargo")
"""Minutes of downloads and compilers: run with BAKEGEN_TEST_PROFILE=large."""

long = pytest.mark.skipif(os.environ.get(PROFILE_VARIABLE) != "large", reason=f"{PROFILE_VARIABLE}=large runs it")


@pytest.mark.parametrize(
    "case", [pytest.param(case, id=case.name, marks=long if case.name in LONG else ()) for case in CASES]
)
@pytest.mark.parametrize("known", [True, False], ids=["facts", "no-facts"])
def test_nothing_is_written_elsewhere(
    case: Case,
    known: bool,
    engine: Engine,
    bases: Callable[..., dict[str, str]],
    tmp_path: Path,
    built: dict[str, list[Step]],
) -> None:
    reference = bases(case.base)[case.base]
    folder = tmp_path / "context"
    for path, text in case.files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    folder.mkdir(exist_ok=True)
    text = f"FROM {reference}\n{case.text}"
    if case.name not in built:
        (tmp_path / "Dockerfile").write_text(text)
        built[case.name] = list(_built(engine, tmp_path, folder))
    facts = read_facts({reference: reference}) if known else {}
    views = _views(text, folder, facts)
    steps = built[case.name]
    assert len(views) == len(steps) > 2
    for view, step in zip(views, steps, strict=True):
        assert not view.effect.barrier, view.effect.barrier
        outside = [path for path in step.changed if not (_covered(path, view) or STATED.fullmatch(path))]
        assert outside == [], f"{step.command}: not in what it writes"
        made = [path for path in step.made if not _covered(path, view) and path not in view.effect.ensures]
        assert made == [], f"{step.command}: directories that are made"


@pytest.fixture(scope="module")
def built() -> dict[str, list[Step]]:
    """What was built already."""
    return {}


@dataclass(frozen=True)
class Step:
    """A RUN: entries that it changed or removed, and plain directories that it made."""

    command: str
    changed: tuple[str, ...]
    made: tuple[str, ...]


def _views(text: str, folder: Path, facts: dict[str, PlatformFacts]) -> list[StepView]:
    source = Source("Dockerfile", text)
    evidence: Evidence = gather(folder, IgnoreFile.of(()), facts)
    (stage,) = analyse(read(source).resolve(platform=PLATFORM), evidence, fixed=True)
    return [view for view in stage.own if isinstance(view.step.command, Run)]


def _covered(path: str, view: StepView) -> bool:
    return any(disturbed(place, entry(path)) for place in view.effect.writes)


def _built(engine: Engine, folder: Path, context: Path) -> Iterator[Step]:
    """Builds, and reads what the layer of each RUN holds."""
    out = folder / "image"
    options = ("--provenance=false", "--allow=network.host", "--network=host", f"--file={folder / 'Dockerfile'}")
    output = f"--output=type=oci,tar=false,compression=uncompressed,force-compression=true,dest={out}"
    engine.build(*options, output, str(context))

    def blob(digest: str) -> Path:
        return out / "blobs" / digest.replace(":", "/")

    index = json.loads((out / "index.json").read_text())
    manifest = json.loads(blob(index["manifests"][0]["digest"]).read_text())
    config = json.loads(blob(manifest["config"]["digest"]).read_text())
    layers = [layer["digest"] for layer in manifest["layers"]]
    history = [one.get("created_by", "") for one in config["history"] if not one.get("empty_layer")]
    assert len(history) == len(layers)
    own = len([line for line in (folder / "Dockerfile").read_text().splitlines() if line.startswith("RUN ")])
    runs = [index for index, line in enumerate(history) if line.startswith("RUN ")][-own:]
    seen: dict[str, tuple[int, int, int]] = {}
    for index, digest in enumerate(layers):
        with tarfile.open(blob(digest)) as archive:
            step = _read(history[index], archive, seen)
        if index in runs:
            yield step


def _read(command: str, archive: tarfile.TarFile, seen: dict[str, tuple[int, int, int]]) -> Step:
    changed: set[str] = set()
    made: set[str] = set()
    for member in archive:
        path = posixpath.join("/", posixpath.normpath(member.name))
        name = posixpath.basename(path)
        if name == ".wh..wh..opq":
            changed.add(posixpath.dirname(path))
        elif name.startswith(".wh."):
            changed.add(posixpath.join(posixpath.dirname(path), name.removeprefix(".wh.")))
        elif member.isdir():
            # A directory that is there already is told again when something in it changed.
            at = (member.mode, member.uid, member.gid)
            if path not in seen and at == (0o755, 0, 0):
                made.add(path)
            elif seen.get(path) != at:
                changed.add(path)
            seen[path] = at
        else:
            changed.add(path)
    return Step(command, tuple(sorted(changed)), tuple(sorted(made)))


def test_directories_above_are_told_from_made_ones(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "layer.tar", "w") as archive:
        for name, mode in (("usr", 0o755), ("usr/new", 0o755), ("tmp", 0o755)):
            member = tarfile.TarInfo(name)
            member.type, member.mode = tarfile.DIRTYPE, mode
            archive.addfile(member)
        archive.addfile(tarfile.TarInfo("usr/.wh.gone"))
        archive.addfile(tarfile.TarInfo("usr/new/file"))
    with tarfile.open(tmp_path / "layer.tar") as archive:
        step = _read("RUN x", archive, {"/usr": (0o755, 0, 0), "/tmp": (0o1777, 0, 0)})
    assert step.changed == ("/tmp", "/usr/gone", "/usr/new/file")
    assert step.made == ("/usr/new",)
    assert "/usr" in ancestors("/usr/new/file")
