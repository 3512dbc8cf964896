"""The engine for working by hand: `python -m tests.engine.harness up|env|status|down [NAME]`.

`up` starts an engine, a registry and the registry of base images in the background and prints shell exports;
`env` prints them again; `down` ends them all. Several may be up at once under different names.
"""

from __future__ import annotations

import argparse
import json
import shlex
import sys
from pathlib import Path

from tests.engine.harness.bases import NAMES
from tests.engine.harness.engine import PrivateEngine
from tests.engine.harness.errors import HarnessError
from tests.engine.harness.paths import cache_root
from tests.engine.harness.runs import Run
from tests.engine.harness.session import Session

EXPORTED = ("PATH", "DOCKER_HOST", "DOCKER_CONFIG")


def main(argv: list[str] | None = None) -> int:
    """Runs one command; out: the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.engine.harness", description=__doc__)
    parser.add_argument("command", choices=("up", "down", "status", "env"))
    parser.add_argument("name", nargs="?", default="hand", help="which set of daemons (default: hand)")
    parser.add_argument("--second", action="store_true", help="up: also a second engine, as $SECOND_DOCKER_HOST")
    parser.add_argument("--bases", nargs="*", default=["busybox"], choices=NAMES, help="up: which base images")
    asked = parser.parse_args(argv)
    record = cache_root() / "hand" / f"{asked.name}.json"
    try:
        if asked.command == "up":
            _up(record, second=asked.second, bases=asked.bases)
        elif asked.command == "down":
            _down(record)
        elif asked.command == "status":
            return _status(record)
        if asked.command in ("up", "env"):
            print(_exports(record))
    except HarnessError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def _up(record: Path, *, second: bool, bases: list[str]) -> None:
    if _answers(record):
        return
    _down(record)
    session = Session(outlive=True)
    try:
        first = session.engine()
        exports = {name: first.env[name] for name in EXPORTED if name in first.env}
        if second:
            other = session.private_engine("b")
            exports |= {f"SECOND_{name}": other.env[name] for name in EXPORTED[1:]}
        exports["REGISTRY"] = session.registry().host
        references = session.bases(*bases)
        exports["BASES"] = references["busybox"].partition("/")[0] if "busybox" in references else ""
        exports |= {f"BASE_{name.upper().replace('-', '_')}": ref for name, ref in references.items()}
    except BaseException:
        session.close()
        raise
    record.parent.mkdir(parents=True, exist_ok=True)
    folder = str(session.run.folder) if session.run else ""
    private = isinstance(first, PrivateEngine)
    record.write_text(json.dumps({"folder": folder, "private": private, "exports": exports}, indent=2))


def _down(record: Path) -> None:
    if record.is_file():
        folder = json.loads(record.read_text())["folder"]
        if folder:
            Run(Path(folder)).close()
        record.unlink()


def _status(record: Path) -> int:
    up = _answers(record)
    print(f"{record.stem}: {'up, ' + json.loads(record.read_text())['folder'] if up else 'down'}")
    return 0 if up else 1


def _answers(record: Path) -> bool:
    if not record.is_file():
        return False
    told = json.loads(record.read_text())
    return not told["private"] or (Path(told["folder"]) / "a" / "docker.sock").exists()


def _exports(record: Path) -> str:
    if not record.is_file():
        raise HarnessError(f"{record.stem} is not up")
    exports = json.loads(record.read_text())["exports"]
    return "\n".join(f"export {name}={shlex.quote(value)}" for name, value in exports.items() if value)


if __name__ == "__main__":
    sys.exit(main())
