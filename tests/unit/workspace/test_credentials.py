"""Logins from docker's configuration, from helpers and from the environment; nothing of them in any message."""

from __future__ import annotations

import base64
import json
import os
import threading
import time
from pathlib import Path

import pytest

from bakegen.workspace.credentials import Credential, Credentials

SECRET = "s3cret-Passw0rd"
AUTH = base64.b64encode(f"me:{SECRET}".encode()).decode()
ME = Credential("me", SECRET)


def configured(folder: Path, settings: object, **environ: str) -> Credentials:
    """The logins of a configuration file with `settings` (text as it is, anything else as JSON)."""
    text = settings if isinstance(settings, str) else json.dumps(settings)
    folder.joinpath("config.json").write_text(text)
    return Credentials({"DOCKER_CONFIG": str(folder), "PATH": os.environ["PATH"], **environ})


def with_helper(folder: Path, script: str, settings: object | None = None, name: str = "x") -> Credentials:
    """As `configured`, with a helper on PATH that is this shell script."""
    tools = folder / "tools"
    tools.mkdir()
    program = tools / f"docker-credential-{name}"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    path = f"{tools}{os.pathsep}{os.environ['PATH']}"
    return configured(folder, settings or {"credsStore": name}, PATH=path, CALLS=str(folder / "calls"))


def says(username: str, secret: str) -> str:
    return f"""cat >>"$CALLS"; echo " $1" >>"$CALLS"; echo '{json.dumps({"Username": username, "Secret": secret})}'"""


def test_nobody_is_logged_in(tmp_path: Path) -> None:
    assert Credentials({"DOCKER_CONFIG": str(tmp_path)}).get("host.test") == (None, "")
    assert Credentials({"HOME": str(tmp_path)}).get("host.test") == (None, "")
    assert configured(tmp_path, {}).get("host.test") == (None, "")
    assert configured(tmp_path, {"auths": {"host.test": {}}}).get("host.test") == (None, "")


def test_the_file_in_the_home_folder(tmp_path: Path) -> None:
    folder = tmp_path / ".docker"
    folder.mkdir()
    configured(folder, {"auths": {"host.test": {"auth": AUTH}}})
    assert Credentials({"HOME": str(tmp_path)}).get("host.test") == (ME, "")


@pytest.mark.parametrize("name", ["host.test:5000", "https://host.test:5000", "http://host.test:5000/v2/"])
def test_names_of_a_host(tmp_path: Path, name: str) -> None:
    found = configured(tmp_path, {"auths": {name: {"auth": AUTH}}})
    assert found.get("host.test:5000") == (ME, "")
    assert found.get("host.test") == (None, "")
    assert found.get("ost.test:5000") == (None, "")


@pytest.mark.parametrize("name", ["https://index.docker.io/v1/", "docker.io", "https://registry-1.docker.io"])
def test_names_of_docker_hub(tmp_path: Path, name: str) -> None:
    assert configured(tmp_path, {"auths": {name: {"auth": AUTH}}}).get("docker.io") == (ME, "")


def test_the_exact_name_counts_first(tmp_path: Path) -> None:
    auths = {"https://host.test/v1/": {"auth": "b3RoZXI6b3RoZXI="}, "host.test": {"auth": AUTH}}
    assert configured(tmp_path, {"auths": auths}).get("host.test") == (ME, "")


def test_forms_of_a_login(tmp_path: Path) -> None:
    entries: dict[str, dict[str, str]] = {
        "plain.test": {"username": "me", "password": SECRET},
        "token.test": {"auth": AUTH, "identitytoken": "t0ken"},
        "colon.test": {"auth": base64.b64encode(b"me:a:b").decode()},
        "umlaut.test": {"auth": base64.b64encode("jürgen:größe".encode()).decode()},
    }
    found = configured(tmp_path, {"auths": entries})
    assert found.get("plain.test") == (ME, "")
    assert found.get("token.test") == (Credential("me", "t0ken", identity_token=True), "")
    assert found.get("colon.test") == (Credential("me", "a:b"), "")
    assert found.get("umlaut.test") == (Credential("jürgen", "größe"), "")


def test_the_header() -> None:
    assert ME.basic == f"Basic {AUTH}"
    assert SECRET not in repr(ME)


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ("{", "config.json of docker is not valid JSON"),
        ("[" * 100_000, "config.json of docker is not valid JSON"),
        ("[]", "config.json of docker is not a JSON object"),
        ("\x00", "config.json of docker is not valid JSON"),
        ({"auths": {"host.test": {"auth": f"!{SECRET}"}}}, "the login in config.json is not valid base64"),
        ({"auths": {"host.test": {"auth": "/w=="}}}, "the login in config.json is not valid base64"),
        ({"auths": {"host.test": {"auth": "bWU="}}}, "the login in config.json has no password"),
        ({"auths": []}, ""),
        ({"auths": {"host.test": SECRET}}, ""),
        ({"credsStore": 5}, ""),
        ({"credsStore": "../../bin/sh"}, "config.json of docker names a credential helper that cannot be one"),
        ({"credsStore": "nowhere"}, "docker-credential-nowhere is not installed"),
    ],
)
def test_a_broken_configuration_counts_as_no_login(tmp_path: Path, settings: object, reason: str) -> None:
    assert configured(tmp_path, settings).get("host.test") == (None, reason)


def test_a_configuration_that_is_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "config.json")
    assert Credentials({"DOCKER_CONFIG": str(tmp_path)}).get("h.test") == (None, "config.json of docker is not a file")


def test_a_helper(tmp_path: Path) -> None:
    found = with_helper(tmp_path, says("me", SECRET))
    assert found.get("host.test") == (ME, "")
    assert found.get("host.test") == (ME, "")
    assert found.get("docker.io") == (ME, "")
    calls = (tmp_path / "calls").read_text().splitlines()
    assert calls == ["host.test get", "https://index.docker.io/v1/ get"]


def test_a_helper_of_one_host(tmp_path: Path) -> None:
    settings = {"credHelpers": {"host.test": "x"}, "auths": {"other.test": {"auth": AUTH}}}
    found = with_helper(tmp_path, says("<token>", "t0ken"), settings)
    assert found.get("host.test") == (Credential("", "t0ken", identity_token=True), "")
    assert found.get("other.test") == (ME, "")


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("echo 'credentials not found in native keychain'; exit 1", ""),
        (f"echo {SECRET} | tee /dev/stderr; exit 3", "docker-credential-x failed with exit code 3"),
        (f"echo {SECRET}", "the answer of docker-credential-x is not valid JSON"),
        ("echo '{}'", "docker-credential-x gave no secret"),
        ("printf '\\377'", "the answer of docker-credential-x is not valid JSON"),
        ("exec head -c 20000000 /dev/zero", "the answer of docker-credential-x is not valid JSON"),
    ],
)
def test_a_helper_that_fails(tmp_path: Path, script: str, reason: str) -> None:
    assert with_helper(tmp_path, script).get("host.test") == (None, reason)


def test_a_helper_that_cannot_be_run(tmp_path: Path) -> None:
    found = with_helper(tmp_path, "")
    (tmp_path / "tools" / "docker-credential-x").write_text("#!/nonexistent\n")
    assert found.get("host.test") == (None, "docker-credential-x cannot be run")


def test_a_helper_that_hangs_is_ended_with_all_it_started(tmp_path: Path) -> None:
    found = with_helper(tmp_path, 'sleep 30 & echo $! >"$CALLS"; wait')
    start = time.monotonic()
    assert found.get("host.test", 0.5) == (None, "docker-credential-x gave no answer in time")
    assert time.monotonic() - start < 3
    sleeper = int((tmp_path / "calls").read_text())
    for _ in range(100):
        if not _runs(sleeper):
            return
        time.sleep(0.02)
    pytest.fail("what the helper started still runs")


def _runs(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def test_all_threads_share_one_question(tmp_path: Path) -> None:
    found = with_helper(tmp_path, f"sleep 0.2; {says('me', SECRET)}")
    answers: list[tuple[Credential | None, str]] = []
    threads = [threading.Thread(target=lambda: answers.append(found.get("host.test"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert answers == [(ME, "")] * 8
    assert (tmp_path / "calls").read_text().count("get") == 1


def test_the_variable_counts_first(tmp_path: Path) -> None:
    variable = json.dumps({"auths": {"host.test": {"auth": AUTH}}})
    settings = {"auths": {name: {"auth": "b3RoZXI6b3RoZXI="} for name in ("host.test", "other.test")}}
    found = configured(tmp_path, settings, DOCKER_AUTH_CONFIG=variable)
    assert found.get("host.test") == (ME, "")
    assert found.get("other.test") == (Credential("other", "other"), "")


def test_a_broken_variable_is_said(tmp_path: Path) -> None:
    found = configured(tmp_path, {}, DOCKER_AUTH_CONFIG=SECRET)
    assert found.get("host.test") == (None, "DOCKER_AUTH_CONFIG is not valid JSON")
    found = configured(tmp_path, {"auths": {"host.test": {"auth": AUTH}}}, DOCKER_AUTH_CONFIG=SECRET)
    assert found.get("host.test") == (ME, "")
