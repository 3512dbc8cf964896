"""A private image registry on loopback whose every stored byte a test can compare."""

from __future__ import annotations

import hashlib
import http.client
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.engine.harness.daemons import Daemon, free_port
from tests.engine.harness.engine import bare_environment
from tests.engine.harness.errors import HarnessError

if TYPE_CHECKING:
    from pathlib import Path

    from tests.engine.harness.packages import Prefix

MANIFEST_TYPES = ", ".join(
    (
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
        "application/vnd.docker.distribution.manifest.v2+json",
    )
)


@dataclass(frozen=True, slots=True)
class Manifest:
    """A manifest as the registry serves it."""

    digest: str
    media_type: str
    body: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Registry:
    """`host` is what goes before the repository in an image's name: `127.0.0.1:PORT`."""

    host: str
    storage: Path
    daemon: Daemon | None = None

    @classmethod
    def start(
        cls, folder: Path, prefix: Prefix, *, storage: Path | None = None, outlive: bool = False, deletion: bool = True
    ) -> Registry:
        """Starts a registry that keeps its images in `storage` (below `folder` unless said otherwise).

        `deletion`: whether manifests may be deleted, which distribution's own registry does not allow by default.

        Errors: `HarnessError` with the end of its log where it does not come up.
        """
        storage = storage or folder / "storage"
        storage.mkdir(parents=True, exist_ok=True)
        host = f"127.0.0.1:{free_port()}"
        settings = {
            "version": 0.1,
            "log": {"level": "info"},
            "storage": {"filesystem": {"rootdirectory": str(storage)}, "delete": {"enabled": deletion}},
            "http": {"addr": host},
        }
        config = folder / "registry.yml"
        config.write_text(json.dumps(settings, indent=2))  # JSON is YAML
        registry = cls(host, storage)
        daemon = Daemon.start(
            [prefix.program("docker-registry"), "serve", str(config)],
            log=folder / "registry.log",
            env=bare_environment(),
            ready=registry._answers,
            outlive=outlive,
        )
        (folder / "pid").write_text(str(daemon.pid))
        return cls(host, storage, daemon)

    def stop(self) -> None:
        """Ends the registry; what it stored stays on disk."""
        if self.daemon is not None:
            self.daemon.stop()

    def repositories(self) -> tuple[str, ...]:
        """Every repository that has ever been pushed to."""
        _, body = self._get("/v2/_catalog?n=1000")
        return tuple(sorted(json.loads(body).get("repositories") or ()))

    def tags(self, repository: str) -> tuple[str, ...]:
        """The tags of a repository, sorted; none where the repository does not exist."""
        response, body = self._get(f"/v2/{repository}/tags/list", missing_is_fine=True)
        return tuple(sorted(json.loads(body).get("tags") or ())) if response.status == 200 else ()

    def manifest(self, repository: str, reference: str) -> Manifest | None:
        """The manifest of a tag or a digest, or None where there is none."""
        path = f"/v2/{repository}/manifests/{reference}"
        response, body = self._get(path, missing_is_fine=True)
        if response.status != 200:
            return None
        digest = response.getheader("Docker-Content-Digest") or ""
        return Manifest(digest, response.getheader("Content-Type") or "", json.loads(body))

    def snapshot(self) -> dict[str, str]:
        """Every stored file with the SHA-256 of its bytes: equal snapshots mean nothing was written in between."""
        return {
            str(path.relative_to(self.storage)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(self.storage.rglob("*"))
            if path.is_file()
        }

    def _answers(self) -> bool:
        try:
            return self._get("/v2/")[0].status == 200
        except (OSError, HarnessError):
            return False

    def _get(self, path: str, *, missing_is_fine: bool = False) -> tuple[http.client.HTTPResponse, bytes]:
        connection = http.client.HTTPConnection(self.host, timeout=30)
        try:
            connection.request("GET", path, headers={"Accept": MANIFEST_TYPES})
            response = connection.getresponse()
            body = response.read()
        finally:
            connection.close()
        if response.status != 200 and not (missing_is_fine and response.status == 404):
            raise HarnessError(f"the registry answered {response.status} to {path}: {body[:500]!r}")
        return response, body
