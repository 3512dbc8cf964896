"""Stand-ins for package managers: what they leave behind is a digest of exactly what the real tools would take in.

So a step that was moved to where it sees other files or variables leaves other bytes behind. They keep to what is
taken for granted of such tools: no network that changes, no look at files that are none of theirs.
"""

from __future__ import annotations

import hashlib
import json
import posixpath
from typing import TYPE_CHECKING

from tests.simulator.accounts import lines
from tests.simulator.tree import Beyond, Failure

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.simulator.shell import Process

_PROXIES = ("http_proxy", "https_proxy", "no_proxy", "ftp_proxy", "all_proxy")
SITE = "/usr/lib/python3/site-packages"


def digest(*parts: object) -> str:
    """A short digest of values."""
    return hashlib.sha256(repr(parts).encode("utf-8", "surrogateescape")).hexdigest()[:12]


def variables(process: Process, *prefixes: str) -> list[tuple[str, str]]:
    """The variables with one of the prefixes (in any case), and those that every client of a network reads."""
    wanted = tuple(prefix.lower() for prefix in prefixes)
    return sorted(
        (name, value)
        for name, value in process.environment().items()
        if name.lower() in _PROXIES
        or name in ("SSL_CERT_FILE", "SSL_CERT_DIR", "LANG", "LC_ALL", "TZ")
        or (wanted and name.lower().startswith(wanted))
    )


def taken(process: Process, *paths: str) -> list[tuple[str, str]]:
    """What can be read at paths: files with their bytes, trees with names, kinds, modes and bytes."""
    found = []
    for path in paths:
        node = process.tree.stat(process.path(path), process.who)
        if node is None:
            continue
        at = process.tree.locate(process.path(path), process.who)
        if node.kind == "f":
            found.append((path, digest(node.data)))
        else:
            found.append((path, digest([(name, one) for name, one in process.tree.subtree(at).items()])))
    return found


def certificates(process: Process) -> list[tuple[str, str]]:
    """The certificates that a client trusts."""
    return taken(process, "/etc/ssl/certs")


def put(process: Process, path: str, data: str) -> None:
    """Writes a file and the directories above it, as the user. Raises `Failure`."""
    parts = path.split("/")
    for count in range(2, len(parts)):
        at = "/".join(parts[:count])
        if process.tree.stat(at, process.who) is None:
            process.tree.mkdir(at, process.who)
    process.tree.write(path, data.encode(), process.who)


def _home(process: Process) -> str:
    return process.variables.get("HOME") or process.home


# apt


def _apt(process: Process, words: list[str]) -> int:
    flags: list[str] = []
    operands: list[str] = []
    settings_given: list[str] = []
    archives = ""
    rest = list(words)
    while rest:
        word = rest.pop(0)
        if word == "-o":
            name, _, value = rest.pop(0).partition("=")
            if name == "Dir::Cache::Archives":
                archives = value  # where packages are kept, which is all that it changes
            else:
                settings_given.append(f"{name}={value}")
        else:
            (flags if word.startswith("-") else operands).append(word)
    if process.who.uid != 0:
        raise Failure("apt-get: only root")
    settings = (
        taken(process, "/etc/apt"),
        certificates(process),
        variables(process, "APT_", "DEBIAN_", "DEBCONF_"),
        settings_given,
    )
    if operands[0] == "update":
        put(process, "/var/lib/apt/lists/main_Packages", f"lists {digest(settings)}\n")
        if not _clean(process):
            put(process, "/var/cache/apt/pkgcache.bin", f"cache {digest(settings)}\n")
        return 0
    if operands[0] == "clean":
        at = process.tree.locate("/var/cache/apt")
        for path in reversed(process.tree.below(at)):
            if process.tree.nodes[path].kind == "f":
                process.tree.unlink(path)
        return 0
    if operands[0] not in ("install", "upgrade"):
        raise Beyond(f"apt-get: {operands[0]}")
    lists = taken(process, "/var/lib/apt/lists/main_Packages")
    if not lists and operands[0] == "install":
        raise Failure("apt-get: unable to locate the package")
    recommends = "--no-install-recommends" not in flags
    for name in sorted(operands[1:]):
        _unpack_package(process, name, digest(settings, lists, name), archives)
        if recommends:
            _unpack_package(process, f"{name}-extras", digest(settings, lists, name, "extras"), archives)
    put(process, "/var/lib/dpkg/lock-frontend", "")
    return 0


def _clean(process: Process) -> bool:
    return bool(taken(process, "/etc/apt/apt.conf.d/docker-clean"))


def _unpack_package(process: Process, name: str, seal: str, archives: str) -> None:
    status = process.tree.stat("/var/lib/dpkg/status")
    known = sorted({*(status.data.decode().splitlines() if status is not None else ()), name})
    put(process, "/var/lib/dpkg/status", "".join(f"{one}\n" for one in known))
    put(process, f"/usr/bin/{name}", f"program {name} {seal}\n")
    process.tree.chmod(process.tree.locate(f"/usr/bin/{name}"), 0o755)
    put(process, f"/usr/share/doc/{name}/copyright", f"{name}\n")
    # Settings that are there are kept, as dpkg keeps them.
    if process.tree.stat(f"/etc/{name}.conf") is None:
        put(process, f"/etc/{name}.conf", f"{name} {seal}\n")
    if name == "svc" and all(one[0] != "svc" for one in lines(process.tree, "/etc/passwd")):
        taken_ids = [int(one[2]) for one in lines(process.tree, "/etc/passwd")]
        number = next(one for one in range(999, 99, -1) if one not in taken_ids)
        process.tree.write("/etc/passwd", f"svc:x:{number}:{number}::/:/bin/false\n".encode(), append=True)
        process.tree.write("/etc/group", f"svc:x:{number}:\n".encode(), append=True)
    # What Docker's images put there clears /var/cache/apt/archives, and only that.
    if archives or not _clean(process):
        put(process, f"{archives or '/var/cache/apt/archives'}/{name}.deb", f"archive {seal}\n")


# pip


def _pip(process: Process, words: list[str]) -> int:
    if not words or words[0] != "install":
        raise Beyond("pip: only install")
    home = _home(process)
    settings = (
        taken(process, "/etc/pip.conf", f"{home}/.config/pip/pip.conf", f"{home}/.pip/pip.conf"),
        variables(process, "PIP_", "PYTHON", "XDG_", "REQUESTS_", "VIRTUAL_ENV"),
        certificates(process),
    )
    wanted: list[str] = []
    projects: list[tuple[str, bool]] = []
    constraints: list[str] = []
    options: list[str] = []
    cached = "PIP_NO_CACHE_DIR" not in process.environment()
    rest = list(words[1:])
    while rest:
        word = rest.pop(0)
        if word in ("-r", "--requirement"):
            _requirements(process, rest.pop(0), process.directory, wanted, projects, constraints)
        elif word in ("-c", "--constraint"):
            constraints.append(process.tree.read(process.path(rest.pop(0)), process.who).decode())
        elif word in ("-e", "--editable"):
            projects.append((process.path(rest.pop(0)), True))
        elif word == "--no-cache-dir":
            cached = False
        elif word in ("--cache-dir", "--index-url", "-i", "--target", "-t"):
            options.append(f"{word}={rest.pop(0)}")
        elif word.startswith("-"):
            options.append(word)
        elif word.startswith((".", "/")):
            projects.append((process.path(word), False))
        else:
            wanted.append(word)
    site = SITE if process.who.uid == 0 else f"{home}/.local/lib/python3/site-packages"
    for line in wanted:
        name = line.split("=")[0].split("<")[0].split(">")[0].strip()
        if process.tree.stat(f"{site}/{name}/METADATA", process.who) is not None:
            old = process.tree.read(f"{site}/{name}/METADATA", process.who).decode()
            if old.startswith(f"{line}\n"):
                continue  # already satisfied
        put(process, f"{site}/{name}/METADATA", f"{line}\n{digest(settings, options, constraints, line)}\n")
        put(process, f"{site}/{name}/RECORD", digest(process.who))
        if cached:
            put(process, f"{home}/.cache/pip/wheels/{digest(line)}", f"wheel {line}\n")
    for path, editable in projects:
        _project(process, path, editable, site, digest(settings, options, constraints))
    return 0


def _requirements(
    process: Process,
    path: str,
    start: str,
    wanted: list[str],
    projects: list[tuple[str, bool]],
    constraints: list[str],
) -> None:
    full = path if path.startswith("/") else f"{start}/{path}"
    text = process.tree.read(full, process.who).decode()
    for line in text.splitlines():
        line = line.split(" #")[0].strip()
        if not line or line.startswith("#"):
            continue
        word, _, value = line.partition(" ")
        value = value.strip()
        if word in ("-r", "--requirement"):
            _requirements(process, value, posixpath.dirname(full), wanted, projects, constraints)
        elif word in ("-c", "--constraint"):
            other = value if value.startswith("/") else f"{posixpath.dirname(full)}/{value}"
            constraints.append(process.tree.read(other, process.who).decode())
        elif word in ("-e", "--editable"):
            projects.append((process.path(value), True))
        elif word.startswith("-"):
            constraints.append(line)
        elif word.startswith(("./", "../", "/")) or word == ".":
            projects.append((process.path(word), False))
        else:
            wanted.append(line)


def _project(process: Process, path: str, editable: bool, site: str, seal: str) -> None:
    at = process.tree.locate(path, process.who)
    meta = taken(process, f"{at}/pyproject.toml", f"{at}/setup.py", f"{at}/setup.cfg")
    if not meta:
        raise Failure(f"pip: {path} is no project")
    if editable:
        put(process, f"{site}/__editable__project.pth", f"{at}\n")
        # Building the metadata runs the project's own code.
        put(process, f"{site}/project-editable/METADATA", digest(seal, meta, taken(process, at)))
        put(process, f"{at}/project.egg-info/PKG-INFO", digest(seal, meta))
    else:
        put(process, f"{site}/project/METADATA", digest(seal, process.tree.subtree(at)))


# npm


def _npm(process: Process, words: list[str]) -> int:
    if not words or words[0] not in ("ci", "install", "i"):
        raise Beyond("npm: only ci and install")
    exact = words[0] == "ci"
    flags = sorted(word for word in words[1:] if word.startswith("-"))
    if any(not word.startswith("-") for word in words[1:]):
        raise Beyond("npm: only what package.json names")
    here, home = process.directory, _home(process)
    package = json.loads(process.tree.read(f"{here}/package.json", process.who))
    lock_path = f"{here}/package-lock.json"
    lock = None
    if process.tree.stat(lock_path, process.who) is not None:
        lock = process.tree.read(lock_path, process.who)
    elif exact:
        raise Failure("npm: no package-lock.json")
    settings = (
        taken(process, ".npmrc", f"{home}/.npmrc", "/etc/npmrc", "/usr/etc/npmrc", "/usr/local/etc/npmrc"),
        variables(process, "npm_config_", "NODE_", "YARN_"),
        certificates(process),
        [flag for flag in flags if flag not in ("--no-audit", "--no-fund")],
    )
    modules = f"{here}/node_modules"
    if exact and process.tree.lstat(modules, process.who) is not None:
        process.tree.unlink(modules, process.who, recursive=True)
    wanted = dict(package.get("dependencies", {}))
    production = "--omit=dev" in flags or "--production" in flags or process.variables.get("NODE_ENV") == "production"
    if not production:
        wanted.update(package.get("devDependencies", {}))
    entries = json.loads(lock).get("packages", {}) if lock is not None else {}
    for name, version in sorted(wanted.items()):
        if version.startswith("file:"):
            inner = process.tree.locate(f"{here}/{version[5:]}", process.who)
            data = digest(process.tree.subtree(inner))
            if process.tree.get(inner) is None:
                raise Failure(f"npm: no {version}")
        else:
            data = digest(settings, name, version, entries.get(f"node_modules/{name}"))
        put(process, f"{modules}/{name}/index.js", f"// {name} {data}\n")
    for pattern in package.get("workspaces", ()):
        for one in process.tree.glob(f"{here}/{pattern}", process.who):
            if process.tree.stat(f"{one}/package.json", process.who) is not None:
                name = posixpath.basename(one)
                put(process, f"{modules}/.workspaces/{name}", digest(taken(process, f"{one}/package.json")))
    put(process, f"{modules}/.package-lock.json", digest(lock, package, settings))
    if not exact and "--no-package-lock" not in flags:
        text = lock.decode() if lock is not None else json.dumps({"packages": {}, "made": digest(package)})
        process.tree.write(lock_path, text.encode(), process.who)
    scripts = package.get("scripts", {})
    hooks = [name for name in ("preinstall", "install", "postinstall", "prepare") if name in scripts]
    if process.tree.stat(f"{here}/binding.gyp", process.who) is not None:
        hooks.append("gyp")
    if hooks and "--ignore-scripts" not in flags:
        # A project's own scripts see everything.
        seen = digest(process.tree.subtree(process.tree.locate(here)), sorted(process.environment().items()))
        put(process, f"{modules}/.hooks", f"{hooks} {seen}\n")
    put(process, f"{home}/.npm/_cacache/index", f"{digest(wanted)}\n")
    return 0


# go


def _go(process: Process, words: list[str]) -> int:
    here, home = process.directory, _home(process)
    top = here
    while process.tree.stat(posixpath.join(top, "go.mod"), process.who) is None:
        if top == "/":
            raise Failure("go: no go.mod")
        top = posixpath.dirname(top)
    text = process.tree.read(posixpath.join(top, "go.mod"), process.who).decode()
    work = taken(process, *(posixpath.join(at, "go.work") for at in _upwards(here)))
    settings = (
        variables(process, "GO", "CGO_", "CC", "GIT_"),
        certificates(process),
        taken(process, f"{home}/.config/go/env", f"{home}/.netrc", f"{home}/.gitconfig"),
        work,
    )
    environment = process.environment()
    modules = environment.get("GOMODCACHE") or f"{environment.get('GOPATH') or f'{home}/go'}/pkg/mod"
    local = {}
    for line in text.splitlines():
        if line.startswith("replace ") and "=> ." in line:
            path = line.split("=>")[1].strip()
            full = posixpath.normpath(posixpath.join(top, path))
            local[line.split()[1]] = digest(process.tree.read(f"{full}/go.mod", process.who))
    if words[:2] == ["mod", "download"]:
        sums = taken(process, posixpath.join(top, "go.sum"))
        for line in text.splitlines():
            if line.startswith("require "):
                _, name, version = line.split()
                if name not in local:
                    put(process, f"{modules}/{name}@{version}/go.mod", digest(settings, sums, line))
        put(process, f"{modules}/cache/download/index", digest(settings, sums, sorted(local.items()), text))
        return 0
    if words[0] == "build" and len(words) == 4 and words[1] == "-o":
        sources = process.tree.subtree(top)
        output = process.path(words[2])
        seen = digest({k: v for k, v in sources.items() if k.endswith((".go", "/go.mod", "/go.sum"))}, settings)
        process.tree.write(output, f"binary {seen}\n".encode(), process.who, mode=0o777)
        put(process, f"{home}/.cache/go-build/{seen[:4]}", "object\n")
        return 0
    raise Beyond(f"go: {words}")


def _upwards(path: str) -> list[str]:
    found = [path]
    while path != "/":
        path = posixpath.dirname(path)
        found.append(path)
    return found


INSTALLERS: dict[str, Callable[[Process, list[str]], int]] = {
    "apt-get": _apt,
    "pip": _pip,
    "pip3": _pip,
    "npm": _npm,
    "go": _go,
}
