"""What BuildKit really does with COPY, ADD and chown: the facts that add-link and its neighbours rest on, and these
rewrites on Dockerfiles that were made to break them, built both ways.
"""

from __future__ import annotations

import gzip
import io
import tarfile
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from bakegen.compare import differences, read_image
from bakegen.dockerfile.ignore import IgnoreFile
from bakegen.facts.context import ListedContext, MemoryFolder
from bakegen.facts.model import Evidence
from bakegen.rewrites.archives import may_be_archive
from bakegen.rewrites.driver import rewrite
from bakegen.text import Source
from tests.engine.base_facts import NO_ATTESTATION, PLATFORM, archive_output, read_facts, write_bake_file
from tests.unit.rewrites.evidence import Changes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from bakegen.compare import Comparison, Image
    from bakegen.facts.model import PlatformFacts
    from tests.engine.harness.engine import Engine
    from tests.engine.harness.registry import Registry

TRAPS = """\
FROM busybox
RUN mkdir -m 1777 /tmp && mkdir -m 0700 /priv && mkdir -m 2775 /shared && mkdir -p /opt /etc /srv/deep /home/app \\
 && ln -s opt /sl && ln -s /nowhere /dangling && echo real > /etc/real.conf && ln -s real.conf /etc/link.conf \\
 && chown 1000:1000 /home/app && echo root:x:0:0::/root:/bin/sh > /etc/passwd && echo root:x:0: > /etc/group \\
 && mkdir -p /srv/open/sub && chmod 0777 /srv/open/sub && chown 7:7 /srv/open/sub
"""
FILES = {
    "file": "file\n",
    "other": "other\n",
    "tree/one": "1\n",
    "tree/sub/two": "2\n",
    "links/to": "-> ../file",
    "links/file": "x\n",
}


@dataclass(frozen=True)
class Workshop:
    """Builds Dockerfiles `FROM traps`, all of one call in one bake, and reads their images."""

    engine: Engine
    folder: Path
    contexts: Mapping[str, str]
    facts: PlatformFacts

    def images(
        self, texts: Mapping[str, str], files: Mapping[str, str | bytes] = FILES, modes: Mapping[str, int] | None = None
    ) -> dict[str, Image]:
        context = self.folder / "context"
        lay_out(context, files, modes or {})
        targets: dict[str, dict[str, Any]] = {}
        for name, text in texts.items():
            (self.folder / f"{name}.Dockerfile").write_text(text)
            targets[name] = {
                "context": str(context),
                "dockerfile": str(self.folder / f"{name}.Dockerfile"),
                "contexts": self.contexts,
                "attest": NO_ATTESTATION,
                "output": [archive_output(self.folder / f"{name}.tar")],
            }
        write_bake_file(self.folder, targets)
        result = self.engine.bake("--file", "docker-bake.json", *targets, cwd=self.folder, check=False, timeout=300)
        assert result.code == 0, (result.logs + result.stderr)[-3000:]
        return {name: read_image(self.folder / f"{name}.tar", PLATFORM) for name in texts}


def lay_out(context: Path, files: Mapping[str, str | bytes], modes: Mapping[str, int]) -> None:
    context.mkdir(mode=0o755)
    for path, text in sorted(files.items()):
        place = context / path
        for folder in reversed(place.relative_to(context).parents):
            (context / folder).mkdir(exist_ok=True)
            (context / folder).chmod(0o755)
        if isinstance(text, str) and text.startswith("-> "):
            place.symlink_to(text.removeprefix("-> "))
        else:
            place.write_bytes(text.encode() if isinstance(text, str) else text)
            place.chmod(0o644)
    for path, mode in modes.items():
        (context / path).chmod(mode)


@pytest.fixture(scope="module")
def traps(
    engine: Engine, registry: Registry, busybox_image: str, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, PlatformFacts]:
    """The base of all cases, pushed, and its facts."""
    folder = tmp_path_factory.mktemp("traps")
    (folder / "Dockerfile").write_text(TRAPS)
    reference = f"{registry.host}/copies/traps:latest"
    target = {
        "contexts": {"busybox": f"docker-image://{busybox_image}"},
        "attest": NO_ATTESTATION,
        "output": [f"type=image,name={reference},push=true"],
    }
    write_bake_file(folder, {"traps": target})
    engine.bake("--file", "docker-bake.json", "traps", cwd=folder, timeout=120)
    return reference, read_facts({"traps": reference})["traps"]


@pytest.fixture
def workshop(engine: Engine, traps: tuple[str, PlatformFacts], tmp_path: Path) -> Workshop:
    reference, facts = traps
    return Workshop(engine, tmp_path, {"traps": f"docker-image://{reference}"}, facts)


def mode(image: Image, path: str) -> tuple[int, int, int]:
    entry = image.files[path]
    return entry.mode & 0o7777, entry.uid, entry.gid


LINK_BREAKS = {
    "a directory on the way becomes 0755": ("COPY {} file /tmp/new/", {"/tmp"}),
    "so does the destination": ("COPY {} file /priv/", {"/priv"}),
    "a link becomes a directory": ("COPY {} file /sl/", {"/sl", "/sl/file", "/opt/file"}),
    "a link to a file is not followed": ("COPY {} file /etc/link.conf", {"/etc/link.conf", "/etc/real.conf"}),
    "a link to nothing is not followed": ("COPY {} file /dangling", {"/dangling", "/nowhere"}),
    "a file replaces a directory": ("COPY {} file /srv/deep", {"/srv/deep", "/srv/deep/file"}),
    "an owner is given to all on the way": ("COPY {} --chown=1000:1000 file /srv/deep/", {"/srv", "/srv/deep"}),
    "exceptions of --exclude": ("COPY {} --exclude=sub --exclude=!sub/two tree /srv/open/", {"/srv/open/sub"}),
}


def test_link_is_blind_to_what_is_below(workshop: Workshop) -> None:
    """Each of these is a reason why add-link looks at facts."""
    texts = {}
    for index, (line, _) in enumerate(LINK_BREAKS.values()):
        texts[f"plain-{index}"] = f"FROM traps\n{line.format('')}\n"
        texts[f"linked-{index}"] = f"FROM traps\n{line.format('--link')}\n"
    images = workshop.images(texts)
    for index, (title, (_, paths)) in enumerate(LINK_BREAKS.items()):
        found = differences(images[f"plain-{index}"], images[f"linked-{index}"])
        assert {one.path for one in found.differences} == paths, title


LINK_KEEPS = {
    "beside --chmod it is ignored": "COPY {} --chmod=600 file /tmp/file",
    "directories in the tree get the source's mode and owner either way": "COPY {} tree /srv/open/",
    "a new destination is 0755, whatever the source's mode is": "COPY {} tree /fresh/dir",
    "into /": "COPY {} file /",
    "a pattern without a match makes nothing": "COPY {} nothing* /fresh/",
    "new directories belong to --chown": "COPY {} --chown=1000:1000 file /fresh/deep/",
    "a user without a group": "COPY {} --chown=1000 file /fresh/",
    "root by name": "COPY {} --chown=root:root file /srv/",
    "links in the tree": "COPY {} links /srv/links/",
    "a file of the base is replaced": "COPY {} file /etc/real.conf",
}


def test_link_gives_the_same(workshop: Workshop) -> None:
    texts = {}
    for index, line in enumerate(LINK_KEEPS.values()):
        texts[f"plain-{index}"] = f"FROM traps\n{line.format('')}\n"
        texts[f"linked-{index}"] = f"FROM traps\n{line.format('--link')}\n"
    images = workshop.images(texts, modes={"tree": 0o700, "tree/sub": 0o750})
    for index, title in enumerate(LINK_KEEPS):
        assert differences(images[f"plain-{index}"], images[f"linked-{index}"]).differences == (), title
    assert mode(images["plain-0"], "/tmp") == (0o1777, 0, 0)
    assert mode(images["plain-1"], "/srv/open/sub") == (0o750, 0, 0)
    assert mode(images["plain-2"], "/fresh/dir") == (0o755, 0, 0)
    assert mode(images["plain-5"], "/fresh") == (0o755, 1000, 1000)


@dataclass(frozen=True)
class Case:
    """A Dockerfile, the rewrites that run, and the lines that must come out of it; none where it must stay."""

    text: str
    only: tuple[str, ...]
    lines: tuple[str, ...] = ()
    changes: Mapping[str, int] = field(default_factory=dict)
    modes: Mapping[str, int] = field(default_factory=dict)


LINK, CHOWN, SORT = ("add-link",), ("chown-copy",), ("sort-copies",)
CASES = {
    "plain directories": Case(
        "FROM traps\nCOPY file /etc/file.conf\nCOPY tree /srv/tree\nCOPY file other /srv/deep/\n",
        LINK,
        ("COPY --link file /etc/file.conf", "COPY --link tree /srv/tree", "COPY --link file other /srv/deep/"),
    ),
    "odd directories": Case(
        "FROM traps\nCOPY file /tmp/\nCOPY file /priv/a/b\nCOPY file /sl/x\nCOPY tree /shared/tree\n", LINK
    ),
    "a tree that brings directories of the base with it": Case(
        "FROM traps\nCOPY tree /srv/open/\n", LINK, ("COPY --link tree /srv/open/",)
    ),
    "links to files, and free names beside them": Case(
        "FROM traps\nCOPY file /etc/link.conf\nCOPY file /dangling\nCOPY file /etc/real.conf\n",
        LINK,
        ("COPY --link file /etc/real.conf",),
    ),
    "a file onto a directory": Case("FROM traps\nCOPY file /srv\nCOPY tree /opt\n", LINK, ("COPY --link tree /opt",)),
    "owners": Case(
        "FROM traps\nCOPY --chown=1000:1000 file /home/app/\nCOPY --chown=1000:1000 file /data/app/\n"
        "COPY --chown=0 file /opt/\nCOPY file /data/app/more/\n",
        LINK,
        ("COPY --chown=1000:1000 --link file /data/app/", "COPY --chown=0 --link file /opt/"),
    ),
    "a user's directory": Case(
        "FROM traps\nUSER 1000\nWORKDIR /work\nCOPY file ./\nUSER root\nWORKDIR /own\nCOPY file ./\n",
        LINK,
        ("COPY --link file ./",),
    ),
    "RUNs that change directories": Case(
        "FROM traps\nRUN mkdir -p /app/data && chmod 700 /app/data\nCOPY file /app/\nCOPY file /app/data/\n"
        "RUN ln -s /opt /app/link\nCOPY file /app/link/\nCOPY file /opt/more/\n",
        LINK,
        ("COPY --link file /app/", "COPY --link file /opt/more/"),
    ),
    "a mode that comes with a tree": Case(
        "FROM traps\nCOPY tree /app/\nCOPY file /app/sub/\nCOPY file /app/\n",
        LINK,
        ("COPY --link tree /app/", "COPY --link file /app/"),
        modes={"tree/sub": 0o750},
    ),
    "stages, and what is copied from them": Case(
        "FROM traps AS base\nRUN mkdir -m 700 /app\nFROM base AS build\nRUN mkdir /out && echo x > /out/x\n"
        "FROM base\nCOPY --from=build /out/ /app/\nCOPY --from=build /out/x /srv/x\nCOPY --from=build /out /etc/new\n",
        LINK,
        ("COPY --from=build --link /out/x /srv/x", "COPY --from=build --link /out /etc/new"),
    ),
    "an owner for what one COPY made": Case(
        "FROM traps\nCOPY tree /app\nRUN chown -R 1000:1000 /app\nUSER 1000\n",
        CHOWN,
        ("COPY --chown=1000:1000 tree /app",),
    ),
    "below WORKDIR, several COPYs, links among the files": Case(
        "FROM traps\nWORKDIR /srv/app\nCOPY tree links ./\nCOPY file sub/\nRUN chown -R 7:8 /srv/app && touch /done\n",
        CHOWN,
        ("COPY --chown=7:8 tree links ./", "COPY --chown=7:8 file sub/", "RUN chown 7:8 /srv/app && touch /done"),
    ),
    "from another stage, behind other commands": Case(
        "FROM traps AS build\nRUN mkdir -p /out/deep && echo x > /out/deep/x && chown -R 3:4 /out\n"
        "FROM traps\nCOPY --from=build /out /srv/app\nRUN mkdir /var && chown -R 1000:1000 /srv/app\n",
        CHOWN,
        ("COPY --from=build --chown=1000:1000 /out /srv/app", "RUN mkdir /var"),
    ),
    "a parent that would be made": Case("FROM traps\nCOPY tree /new/app\nRUN chown -R 1000:1000 /new/app\n", CHOWN),
    "set-user-ID goes with chown": Case(
        "FROM traps\nCOPY tree /app\nRUN chown -R 1000:1000 /app\n", CHOWN, modes={"tree/one": 0o4755}
    ),
    "files of the base image": Case("FROM traps\nCOPY tree /srv\nRUN chown -R 1000:1000 /srv\n", CHOWN),
    "neighbours by how often they change": Case(
        "FROM traps\nWORKDIR /app\nCOPY tree ./tree\nCOPY other ./\nCOPY file /app/file\nRUN cat file > /all\n",
        SORT,
        ("COPY file /app/file", "COPY other ./", "COPY tree ./tree"),
        {"tree/one": 30, "other": 9, "file": 2},
    ),
    "neighbours that meet": Case(
        "FROM traps\nCOPY tree /app/\nCOPY file /app/one\nCOPY links/file /app/sub\nCOPY other /app\n".replace(
            "COPY links/file /app/sub\n", ""
        ),
        SORT,
        changes={"tree/one": 30, "other": 1, "file": 1},
    ),
    "all of them": Case(
        "FROM traps\nWORKDIR /app\nADD tree ./tree\nADD file .\nRUN chown -R 5:5 /app\nUSER 5\nCMD cat file\n",
        ("add-to-copy", "chown-copy", "sort-copies", "add-link"),
        ("COPY --chown=5:5 tree ./tree", "COPY --chown=5:5 file .", "RUN chown 5:5 /app"),
        {"tree/one": 9, "file": 1},
    ),
}


@pytest.mark.parametrize("title", CASES)
def test_rewritten_images_are_the_same(title: str, workshop: Workshop) -> None:
    case = CASES[title]
    outcome = rewrite(
        Source("Dockerfile", case.text), evidence(workshop.facts, case), level="assumed", only=case.only, strict=True
    )
    added = [line for line in outcome.source.text.splitlines() if line not in case.text.splitlines()]
    kept = [line for line in outcome.source.text.splitlines() if line in case.lines]
    assert tuple(kept) == case.lines and set(added) <= set(case.lines), outcome.source.text
    assert (outcome.source.text != case.text) == bool(case.lines)
    images = workshop.images({"before": case.text, "after": outcome.source.text}, modes=case.modes)
    found: Comparison = differences(images["before"], images["after"])
    assert found.differences == () and found.entries > 10


class _Modes(MemoryFolder):
    def __init__(self, files: Mapping[str, str], modes: Mapping[str, int]) -> None:
        super().__init__(files)
        self._modes = modes

    def mode(self, path: str) -> int | None:
        return self._modes.get(path, super().mode(path))


def evidence(facts: PlatformFacts, case: Case) -> Evidence:
    context = ListedContext(_Modes(FILES, case.modes), IgnoreFile())
    return Evidence({"traps": facts}, context, Changes(case.changes) if case.changes else None)


def tarball(**options: str) -> bytes:
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w", format=tarfile.GNU_FORMAT if options else tarfile.PAX_FORMAT) as archive:
        member = tarfile.TarInfo("inside")
        member.size = 1
        archive.addfile(member, io.BytesIO(b"x"))
    return data.getvalue()


BYTES: dict[str, bytes] = {
    "tar": tarball(),
    "gnu": tarball(format="gnu"),
    "cut-short": tarball()[:700],
    "tgz": gzip.compress(tarball()),
    "gz": gzip.compress(b"no archive"),
    "broken-gz": b"\x1f\x8b\x08 and no more",
    "empty": b"",
    "zeros": bytes(2048),
    "text.tar.gz": b"see elsewhere\n" * 100,
    "wrong-sum": tarball().replace(b"inside", b"Inside", 1),
    "few": b"\x1f\x8b",
    "zip": b"PK\x03\x04" + bytes(600),
    "long-text": b"0" * 4096,
}


def test_add_unpacks_nothing_that_is_said_to_be_no_archive(workshop: Workshop) -> None:
    text = "FROM traps\n" + "".join(f"ADD {name} /out/{name}/\n" for name in BYTES if name != "cut-short")
    image = workshop.images({"adds": text}, {name: data for name, data in BYTES.items() if name != "cut-short"})["adds"]
    unpacked = {name for name in BYTES if f"/out/{name}/inside" in image.files}
    assert unpacked == {"tar", "gnu", "tgz"}
    plain = {name for name, data in BYTES.items() if not may_be_archive(data[:512])}
    assert plain == {"empty", "zeros", "text.tar.gz", "wrong-sum", "few", "zip", "long-text"}
    for name in plain:
        assert image.files[f"/out/{name}/{name}"].size == len(BYTES[name])


def test_what_is_sent_of_the_context(engine: Engine, traps: tuple[str, PlatformFacts], tmp_path: Path) -> None:
    """Only a COPY of everything makes BuildKit ask for everything, and --exclude does not count then."""
    big = b"\x00\x01\x02\x03" * 300_000
    lay_out(tmp_path / "context", {"src/file": "x", "docs/big": big}, {})
    cases: Sequence[tuple[str, str, bool]] = (
        ("COPY src /src", "", False),
        ("RUN --mount=type=bind,source=src,target=/m ls /m", "", False),
        ("COPY --exclude=docs . /all", "", True),
        ("COPY --exclude=docs . /all", "docs\n", False),
        ("RUN --mount=type=bind,target=/m ls /m", "", True),
    )
    for index, (line, ignore, sent) in enumerate(cases):
        dockerfile = tmp_path / f"{index}.Dockerfile"
        dockerfile.write_text(f"FROM traps\n{line}\n")
        (tmp_path / f"{index}.Dockerfile.dockerignore").write_text(ignore)
        (tmp_path / "context" / "docs" / "big").write_bytes(big + bytes([index]))
        target = {
            "context": str(tmp_path / "context"),
            "dockerfile": str(dockerfile),
            "contexts": {"traps": f"docker-image://{traps[0]}"},
            "output": ["type=cacheonly"],
        }
        write_bake_file(tmp_path, {"sent": target})
        progress = engine.run(
            ["buildx", "bake", "--progress=plain", "--file", "docker-bake.json", "sent"], cwd=tmp_path
        ).stderr
        assert ("transferring context: 1." in progress) == sent, (line, ignore, progress)


def test_a_pinned_base_gives_the_same_graph(
    engine: Engine, workshop: Workshop, traps: tuple[str, PlatformFacts]
) -> None:
    reference, facts = traps
    text = f"FROM {reference}\nRUN echo pinned > /pinned\n"
    outcome = rewrite(Source("Dockerfile", text), Evidence({reference: facts}), only=("pin-base",), strict=True)
    assert f"{reference}@{facts.index_digest}" in outcome.source.text
    runs = []
    for name, content in (("tag", text), ("digest", outcome.source.text)):
        (workshop.folder / f"{name}.Dockerfile").write_text(content)
        target = {"dockerfile": f"{name}.Dockerfile", "output": ["type=cacheonly"]}
        write_bake_file(workshop.folder, {name: target})
        runs.append(engine.bake("--file", "docker-bake.json", name, cwd=workshop.folder))
    assert [len(run.executed) for run in runs] == [1, 0]
