"""An image is told as ready when it can be pulled, before its cache is written; no blob is sent twice."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from collections import defaultdict
from typing import TYPE_CHECKING, Any

import pytest

from tests.bench.slow_line import SlowLine
from tests.images import github

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.engine.harness.engine import PrivateEngine
    from tests.engine.harness.newest import NewestEngine
    from tests.engine.harness.registry import Registry

DOCKERFILE = """\
FROM {base} AS tools
RUN head -c 8000000 /dev/urandom > /tools && echo small > /small
FROM {base}
COPY --from=tools /small /
RUN head -c 4000000 /dev/urandom > /app
COPY last.txt /
"""
PULL = """\
import json, os, shutil, sys, urllib.request
out, reference = sys.argv[1], sys.argv[2]
host, _, rest = reference.partition("/")
repository, _, tag = rest.rpartition(":")

def get(path):
    kinds = ["index.v1", "manifest.v1"]
    accept = ", ".join(f"application/vnd.oci.image.{kind}+json" for kind in kinds)
    asked = urllib.request.Request(f"http://{host}/v2/{repository}/{path}", headers={"Accept": accept})
    return urllib.request.urlopen(asked, timeout=60)

def pull(name):
    with get(f"manifests/{name}") as answer:
        digest, body = answer.headers["Docker-Content-Digest"], json.load(answer)
    for one in body.get("manifests", ()):
        pull(one["digest"])
    for layer in body.get("layers", ()):
        with get(f"blobs/{layer['digest']}") as blob:
            assert len(blob.read()) == layer["size"]
    return digest

facts = {name: value for name, value in os.environ.items() if name.startswith("BAKEGEN_")}
shutil.copy("bakegen-report.json", f"{out}.report.json")
with open(f"{out}.json", "w") as file:
    json.dump({"pulled": pull(tag), **facts}, file)
"""


@pytest.fixture(params=["first_machine", "newest_engine"])
def builder(request: pytest.FixtureRequest) -> PrivateEngine | NewestEngine:
    """An engine that exports image and cache after each other, and one that exports them beside each other."""
    found: PrivateEngine | NewestEngine = request.getfixturevalue(request.param)
    found.make_fresh()
    return found


def test_ready_before_the_cache_is_written(
    builder: PrivateEngine | NewestEngine, registry: Registry, busybox_image: str, tmp_path: Path
) -> None:
    folder = tmp_path / "project"
    for name, settings, text in (
        ("app", "", DOCKERFILE.format(base=busybox_image)),
        (
            "multi",
            "platforms: [linux/amd64, linux/arm64]\n",
            "FROM scratch\nARG TARGETARCH\nCOPY last.txt /$TARGETARCH\n",
        ),
    ):
        (folder / "images" / name).mkdir(parents=True)
        (folder / "images" / name / "image.yaml").write_text(settings)
        (folder / "images" / name / "Dockerfile").write_text(text)
        (folder / "images" / name / "last.txt").write_text("one\n")
    (folder / "pull.py").write_text(PULL)
    with SlowLine(registry.host, rate=10e6) as line:
        prefix = f"ready-{builder.name}"
        (folder / "bakegen.yaml").write_text(f"registry: {line.host}/{prefix}\ndefault-branch: master\n")
        pull = f"{shlex.quote(sys.executable)} pull.py"
        report, events = build(
            folder,
            builder,
            github(tmp_path, "master"),
            *("--on-ready", f'{pull} "ready-$BAKEGEN_TARGET" "$BAKEGEN_REFERENCE"'),
            *("--on-cache-ready", f'{pull} "cache-${{BAKEGEN_CACHE_DIGEST#*:}}" "$BAKEGEN_CACHE_REFERENCE"'),
        )
        counted = line.counted()
        assert counted.twice == ()
        assert len(counted.blobs) > 4

        when: defaultdict[str, dict[str, float]] = defaultdict(dict)
        for event in events:
            when[event["target"]].setdefault(event["event"], event["at"])
        for name, one in report.items():
            told = read(folder / f"ready-{name}.json")
            assert told["pulled"] == told["BAKEGEN_DIGEST"] == one["digest"]
            assert set(told["BAKEGEN_REFERENCES"].split("\n")) == set(one["references"])
            assert when[name]["ready"] < when[name]["cache-written"] <= when[name]["done"]
            # All images come before all caches.
            assert one["ready"] < min(cache["ready"] for other in report.values() for cache in other["caches"])
            before = read(folder / f"ready-{name}.report.json")
            assert before["finished"] is False
            (then,) = (each for each in before["targets"] if each["name"] == name)
            assert then["caches"] == []
            same = ("status", "key", "digest", "references", "platforms", "ready", "steps_cached")
            assert [then[field] for field in same] == [one[field] for field in same]
            for cache in one["caches"]:
                of_cache = read(folder / f"cache-{cache['digest'].removeprefix('sha256:')}.json")
                assert of_cache["pulled"] == cache["digest"]
                assert of_cache["BAKEGEN_CACHE_REFERENCE"] == cache["reference"]
        assert [len(report[name]["caches"]) for name in ("app", "multi")] == [1, 2]

        # The caches are good for another machine.
        builder.make_fresh()
        (folder / "images" / "app" / "last.txt").write_text("two\n")
        again, _ = build(folder, builder, github(tmp_path, "master"), "app")
        assert [step["cached"] for step in again["app"]["steps"]] == [True, True, True, False]


def build(
    folder: Path, engine: PrivateEngine | NewestEngine, environ: Mapping[str, str], *arguments: str
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Runs the command; out: the targets of the report by name, the events."""
    (folder / "events.jsonl").unlink(missing_ok=True)
    done = subprocess.run(
        [sys.executable, "-m", "bakegen", "build", "--progress=plain", "--events=events.jsonl", *arguments],
        cwd=folder, env={**engine.env, **environ}, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    events = [json.loads(line) for line in (folder / "events.jsonl").read_text().splitlines()]
    return {one["name"]: one for one in read(folder / "bakegen-report.json")["targets"]}, events


def read(path: Path) -> Any:
    return json.loads(path.read_text())
