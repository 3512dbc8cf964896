"""The base images carry what package clients need: real packages arrive from the registries inside real builds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.engine.harness.bases import RELEASE

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.engine.harness.engine import Engine

PROJECTS = {
    "debian": "RUN apt-get update && apt-get install -y --no-install-recommends xz-utils && xz --version",
    "debian-python": (
        "RUN python3 -m venv /venv && /venv/bin/pip install --no-cache-dir six==1.17.0\n"
        "RUN /venv/bin/python -c 'import six; print(six.__version__)'"
    ),
    "debian-go": (
        "WORKDIR /src\n"
        'COPY <<"EOF" main.go\n'
        'package main\n\nimport "rsc.io/quote"\n\nfunc main() { println(quote.Go()) }\n'
        "EOF\n"
        "RUN go mod init example && go get rsc.io/quote@v1.5.2 && go mod download && go run ."
    ),
    "debian-rust": (
        "WORKDIR /src\nRUN cargo init --name example . && cargo add itoa@1 && cargo fetch && cargo build --offline"
    ),
    "debian-node": (
        "WORKDIR /src\n"
        "RUN npm init -y && npm install is-number@7.0.0 && rm -r node_modules && npm ci && test -d node_modules"
    ),
    "debian-cc": (
        'COPY <<"EOF" /main.c\nint main(void) { return 0; }\nEOF\nRUN cc -o /main /main.c && /main && make --version'
    ),
}


@pytest.mark.parametrize("name", PROJECTS)
def test_packages_arrive_in_a_build(
    name: str, engine: Engine, bases: Callable[..., dict[str, str]], tmp_path: Path
) -> None:
    (tmp_path / "Dockerfile").write_text(f"FROM {name}:{RELEASE}\n{PROJECTS[name]}\n")
    context = f"{name}:{RELEASE}=docker-image://{bases(name)[name]}"
    result = engine.build("--build-context", context, "--output=type=cacheonly", str(tmp_path))
    assert result.executed or result.cached
    assert not result.failed
