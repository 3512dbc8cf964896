"""composer.json and composer.lock: scripts, local repositories, directories; used by the model of composer.

Source: https://getcomposer.org/doc/04-schema.md, .../05-repositories.md#path, .../articles/scripts.md.
"""

from __future__ import annotations

from dataclasses import dataclass

from bakegen.effects.manifests.documents import read_json, table, tables, texts

_EVENTS = (
    "pre-install-cmd", "post-install-cmd", "pre-update-cmd", "post-update-cmd", "pre-autoload-dump",
    "post-autoload-dump", "post-root-package-install", "pre-package-install", "post-package-install",
    "pre-package-update", "post-package-update", "pre-operations-exec", "pre-pool-create", "pre-file-download",
    "post-file-download", "pre-dependencies-solving", "post-dependencies-solving", "init", "command", "pre-command-run",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ComposerJson:
    """What a composer.json says.

    Attributes:
        scripts: names of events whose scripts installing runs.
        local: directories that packages come from.
        vendor: where packages install.
        programs: where their programs install.
        moved: other settings that decide where something is written.
    """

    scripts: tuple[str, ...] = ()
    local: tuple[str, ...] = ()
    vendor: str = "vendor"
    programs: str = ""
    moved: tuple[str, ...] = ()


def read_composer_json(text: str) -> ComposerJson | None:
    """What the text of a composer.json says; None where it is no JSON object."""
    data = read_json(text)
    if data is None:
        return None
    config = table(data, "config")
    repositories = data.get("repositories")
    every = [*tables(repositories), *(table(one) for one in table(repositories).values())]
    local = [str(one.get("url")) for one in every if one.get("type") in ("path", "artifact")]
    local += [url for one in every for url in texts(one.get("url")) if url.startswith((".", "/", "file:"))]
    return ComposerJson(
        scripts=tuple(name for name in _EVENTS if name in table(data, "scripts")),
        local=tuple(dict.fromkeys(local)),
        vendor=next(iter(texts(config.get("vendor-dir"))), "vendor"),
        programs=next(iter(texts(config.get("bin-dir"))), ""),
        moved=tuple(name for name in ("cache-dir", "data-dir", "home", "cafile", "capath") if name in config)
        + (("installer-paths",) if "installer-paths" in table(data, "extra") else ()),
    )


def read_composer_lock(text: str) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
    """Local directories of a composer.lock, and its packages that are plugins; None where it is no JSON object."""
    data = read_json(text)
    if data is None:
        return None
    local: list[str] = []
    plugins: list[str] = []
    for group in ("packages", "packages-dev"):
        for package in tables(data.get(group)):
            dist = table(package, "dist")
            if dist.get("type") == "path" and isinstance(dist.get("url"), str):
                local.append(str(dist["url"]))
            if package.get("type") == "composer-plugin":
                plugins += texts(package.get("name"))
    return tuple(local), tuple(plugins)
