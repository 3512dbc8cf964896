"""What package clients in a build need to know on this machine, read from its own configuration at run time.

A machine that reaches the registries directly needs nothing but a CA bundle; one behind a proxy or with mirrors
of its own has that in its clients' configuration. Only addresses and trust are taken over, never tokens.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import ssl
import tomllib
from pathlib import Path

from tests.engine.harness.commands import run

_BUNDLE = "etc/ssl/certs/ca-certificates.crt"
_PIP = ("index-url", "extra-index-url", "trusted-host", "proxy")
_NPM = ("registry", "proxy", "https-proxy", "noproxy", "strict-ssl")
_GO = ("GOPROXY", "GOSUMDB", "GONOSUMDB", "GONOSUMCHECK", "GOPRIVATE", "GONOPROXY", "GOINSECURE")
_CARGO = ("source", "registries", "registry", "http", "net")
_SECRET = re.compile(r"://[^/\s]*@")
_PROXIES = ("http_proxy", "https_proxy", "ftp_proxy", "no_proxy", "all_proxy")


def client_files() -> dict[str, bytes]:
    """Files to lay over a base image, by path below its root."""
    files: dict[str, bytes] = {}
    bundle = _ca_bundle()
    pip, npm = dict(_pip()), dict(_npm())
    if bundle is not None:
        files[_BUNDLE] = bundle.read_bytes()
        # pip in a virtual environment and npm bring lists of their own and would not look at the system's.
        pip["cert"] = npm["cafile"] = f"/{_BUNDLE}"
    files["etc/pip.conf"] = _lines("[global]", *(f"{key} = {value}" for key, value in pip.items()))
    files["etc/npmrc"] = _lines(*(f"{key}={value}" for key, value in npm.items()))
    files["root/.config/go/env"] = _lines(*(f"{key}={value}" for key, value in _go()))
    files["root/.cargo/config.toml"] = _cargo()
    files["etc/apt/apt.conf.d/90client"] = _lines(*_apt())
    return {path: content for path, content in sorted(files.items()) if content}


def proxies() -> dict[str, str]:
    """The proxies of this machine in the form of docker's config.json (`proxies.default`)."""
    camel = {"http_proxy": "httpProxy", "https_proxy": "httpsProxy", "ftp_proxy": "ftpProxy"}
    camel |= {"no_proxy": "noProxy", "all_proxy": "allProxy"}
    found = {camel[name]: os.environ.get(name) or os.environ.get(name.upper()) or "" for name in _PROXIES}
    return {name: value for name, value in found.items() if value}


def _ca_bundle() -> Path | None:
    """The bundle this machine's clients trust: what the environment names, else OpenSSL's, else Debian's."""
    named = [os.environ.get("SSL_CERT_FILE"), ssl.get_default_verify_paths().cafile, f"/{_BUNDLE}"]
    return next((Path(name) for name in named if name and Path(name).is_file()), None)


def _pip() -> list[tuple[str, str]]:
    rows = [line.partition("=") for line in _output("pip", "config", "list").splitlines()]
    found = {key.rpartition(".")[2].strip(): value.strip().strip("'\"") for key, _, value in rows}
    return [(key, found[key].replace("\\n", " ")) for key in _PIP if found.get(key)]


def _npm() -> list[tuple[str, str]]:
    try:
        found = json.loads(_output("npm", "config", "list", "--json") or "{}")
    except ValueError:
        return []
    return [
        (key, str(found[key]).lower() if found[key] is False else str(found[key]))
        for key in _NPM
        if _told(found.get(key))
    ]


def _told(value: object) -> bool:
    return value not in (None, "", True, [], [""])


def _go() -> list[tuple[str, str]]:
    named = {key: os.environ[key] for key in _GO if os.environ.get(key)}
    file = Path(os.environ.get("GOENV") or Path.home() / ".config/go/env")
    if file.is_file():
        rows = [line.partition("=") for line in file.read_text().splitlines()]
        named = {key: value for key, _, value in rows if key in _GO and value} | named
    return sorted(named.items())


def _cargo() -> bytes:
    home = Path(os.environ.get("CARGO_HOME") or Path.home() / ".cargo")
    for name in ("config.toml", "config"):
        try:
            parsed = tomllib.loads((home / name).read_text())
        except (OSError, ValueError):
            continue
        return _lines(*(row for table in _CARGO for row in _toml(table, parsed.get(table))))
    return b""


def _toml(key: str, value: object) -> list[str]:
    if isinstance(value, dict):
        return [
            row
            for name, item in value.items()
            if name not in ("token", "cainfo")
            for row in _toml(f"{key}.{json.dumps(name)}", item)
        ]
    return [] if value is None else [f"{key} = {json.dumps(value)}"]


def _apt() -> list[str]:
    rows = _output("apt-config", "dump", "Acquire").splitlines()
    return [row for row in rows if "::proxy" in row.lower() and not row.endswith('"";')]


def _output(*args: str) -> str:
    """What a client prints about its own settings; '' where the machine has no such client."""
    program = shutil.which(args[0])
    if program is None:
        return ""
    done = run([program, *args[1:]], check=False, timeout=60, cwd=Path("/"))
    return done.stdout if done.code == 0 else ""


def _lines(*rows: str) -> bytes:
    """A file of `rows`, without those that hold an address with a password in it: images are no place for one."""
    text = "".join(f"{row}\n" for row in rows if not _SECRET.search(row))
    return b"" if text in ("", "[global]\n") else text.encode()
