"""Measures content keys over a big repository: `python -m tests.bench.keys [--files 50000] [--targets 10,100,1000]`.

It builds a repository in a temporary folder and asks for the keys of targets that differ in their ignore files and in
what they copy, in a process of its own for each row; prints a table and, with `--json FILE`, writes the figures.
"first" is the first target alone: git's index, the walk, the hashing of changed files; CPU includes start-up.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bakegen.dockerfile.ignore import IgnoreFile
from bakegen.plan.keys import KeyInputs, SourcePattern, content_key
from bakegen.text import Source
from bakegen.workspace.context import Contexts
from bakegen.workspace.files import ProjectFiles

COMMON = (".git", "**/*.pyc", "**/node_modules", "**/.cache", "*.md", "docs/**/*.draft", "!docs/keep/**", "**/test_*")
AREAS = ("services", "libs", "web", "docs", "tools")


def make_repository(root: Path, files: int) -> None:
    """A repository of small files: areas, projects in them, folders in those; 1% changed, 1% untracked."""
    chance = random.Random(1)
    paths = []
    for number in range(files):
        area = AREAS[number % len(AREAS)]
        suffix = chance.choice((".py", ".py", ".go", ".js", ".md", ".pyc", ".json"))
        paths.append(f"{area}/p{number // 5 % 250}/d{number // 1250 % 11}/f{number}{suffix}")
    for number in range(50):
        paths.append(f"go.v{number}.mod")
    for path in paths:
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(f"{path}\n" * 20)
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "gc.auto=0"]
    for arguments in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "x"], ["repack", "-q", "-a", "-d"]):
        subprocess.run([*git, *arguments], cwd=root, check=True)
    for path in chance.sample(paths, files // 100):
        (root / path).write_text("changed\n")
    for number in range(files // 100):
        (root / f"services/p{number % 250}/new{number}.py").write_text(f"{number}\n")


def target(number: int) -> tuple[IgnoreFile, tuple[SourcePattern, ...]]:
    """The ignore file (a common part, and lines of its own) and the sources of one target."""
    own = ("go.v*.mod", f"!go.v{number % 50}.mod", f"services/p{number % 250}/d3", f"web/p{number % 97}/**/*.json")
    text = "\n".join((*COMMON, *own, f"**/variant{number}"))
    area = AREAS[number % len(AREAS)]
    choices = (
        (SourcePattern("."),),
        (SourcePattern("go.*.mod"), SourcePattern(f"services/p{number % 250}"), SourcePattern("libs")),
        (SourcePattern(area), SourcePattern("tools/p1*/*/*.py")),
        (SourcePattern(".", exclude=(f"{area}/p{number % 250}",)),),
    )
    return IgnoreFile.parse(Source(".dockerignore", text)), choices[number % len(choices)]


def measure(root: Path, targets: int) -> dict[str, float | int]:
    """Seconds, files read and memory for the keys of so many targets, by a reader that knows nothing yet."""
    started = time.perf_counter()
    contexts = Contexts(ProjectFiles(root))
    keys = set()
    for number in range(targets):
        ignore, selection = target(number)
        keys.add(content_key(KeyInputs(files=contexts.digest(".", ignore, selection), args={"N": str(number)})))
        if number == 0:
            first = time.perf_counter() - started
    return {
        "targets": targets,
        "first": first,
        "seconds": time.perf_counter() - started,
        "cpu": time.process_time(),
        "hashed": contexts.hashed,
        "rss": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "keys": len(keys),
    }


def main() -> None:
    """Reads the command line and prints the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.keys", description=__doc__.partition("\n")[0])
    parser.add_argument("--files", type=int, default=50_000)
    parser.add_argument("--targets", default="1,10,100,1000")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--only", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.only:
        print(json.dumps(measure(Path(options.only[0]), int(options.only[1]))))
        return
    rows = []
    with tempfile.TemporaryDirectory(prefix="bakegen-keys-") as folder:
        make_repository(Path(folder), options.files)
        print(f"{options.files} files, 1% changed, 1% untracked")
        print(f"{'targets':>8} {'seconds':>8} {'CPU':>6} {'first':>6} {'files read':>11} {'MB':>6}")
        for count in options.targets.split(","):
            command = [sys.executable, "-m", "tests.bench.keys", "--only", folder, count]
            row = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
            rows.append({"files": options.files, **row})
            times = f"{row['seconds']:>8.2f} {row['cpu']:>6.2f} {row['first']:>6.2f}"
            print(f"{row['targets']:>8} {times} {row['hashed']:>11} {row['rss']:>6}", flush=True)
    if options.json:
        options.json.write_text(json.dumps(rows, indent=2) + "\n")


if __name__ == "__main__":
    main()
