"""The plugin of docker's client: what it answers, how docker's options reach it, and where it is put."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from bakegen import __version__
from bakegen.cli.completing import cobra
from bakegen.cli.plugin_protocol import Unusable, environment, metadata, read
from bakegen.errors import InputError
from bakegen.workspace import docker_plugin

if TYPE_CHECKING:
    from pathlib import Path

PLUGIN = [sys.executable, "-P", "-c", "from bakegen.__main__ import plugin; raise SystemExit(plugin())"]


def plugin(folder: Path, *arguments: str, stdin: int = subprocess.DEVNULL, **environ: str) -> subprocess.Popen[str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "PYTHONPATH") if name in os.environ}
    return subprocess.Popen(
        [*PLUGIN, *arguments],
        cwd=folder,
        env={**kept, "PYTHONIOENCODING": "utf-8", **environ},
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_metadata_is_what_the_client_takes() -> None:
    found = json.loads(metadata())
    assert found["SchemaVersion"] == "0.1.0"  # the only one that every client knows
    assert found["Vendor"]  # without it the client refuses the plugin
    assert found["Version"] == __version__
    assert set(found) <= {"SchemaVersion", "Vendor", "Version", "ShortDescription", "URL", "Hidden"}
    assert re.fullmatch("[a-z][a-z0-9]*", docker_plugin.FILE.removeprefix("docker-"))  # pluginNameFormat


def test_metadata_needs_nothing_heavy(tmp_path: Path) -> None:
    code = (
        "import sys; sys.argv[1:] = ['docker-cli-plugin-metadata']\n"
        "from bakegen.__main__ import plugin\nplugin()\nprint(*sys.modules, file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True, timeout=60
    )
    assert json.loads(done.stdout) == json.loads(metadata())
    assert not {"click", "yaml", "jinja2", "git", "python_on_whales", "subprocess", "asyncio"} & set(
        done.stderr.split()
    )


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("bakegen", ""),
        ("bakegen build --plan app", "build --plan app"),
        ("bakegen --help", "--help"),
        ("bakegen build bakegen", "build bakegen"),
        ("help bakegen", "help"),
        ("help bakegen cache prune", "help cache prune"),
        ("--help bakegen", "help"),
        ("--context bakegen bakegen list", "list"),
        ("-c x -D --log-level debug bakegen list -D", "list -D"),
        ("--config=/x bakegen list", "list"),
        ("-Dcx bakegen list", "list"),
        ("-H tcp://h:1 --tlsverify bakegen list", "list"),
        ("--tls=false bakegen list", "list"),
        ("--something-new bakegen list", "list"),
    ],
)
def test_what_is_for_bakegen(line: str, words: str) -> None:
    call = read(line.split())
    assert (call.kind, " ".join(call.words)) == ("run", words)


@pytest.mark.parametrize("line", ["__complete bakegen build ap", "-c x __complete bakegen build ap"])
def test_a_question_for_completion(line: str) -> None:
    call = read([*line.split(), ""])
    assert (call.kind, call.words) == ("complete", ("build", "ap", ""))


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ("--context x", {"DOCKER_CONTEXT": "x", "DOCKER_HOST": None}),
        ("-cx", {"DOCKER_CONTEXT": "x", "DOCKER_HOST": None}),
        ("-H tcp://h:1", {"DOCKER_HOST": "tcp://h:1", "DOCKER_CONTEXT": None}),
        ("--config /x", {"DOCKER_CONFIG": "/x"}),
        ("--tlsverify", {"DOCKER_TLS_VERIFY": "1"}),
        ("--tlsverify=false", {"DOCKER_TLS_VERIFY": None}),
        ("--tlscacert /c/ca.pem --tlscert=/c/cert.pem --tlskey /c/key.pem", {"DOCKER_CERT_PATH": "/c"}),
        ("-D -l debug", {}),
    ],
)
def test_options_of_docker_as_variables(options: str, found: dict[str, str | None]) -> None:
    assert environment(read([*options.split(), "bakegen"]).options) == found


@pytest.mark.parametrize("options", ["--tlscert /c/own.pem", "--tlscacert /a/ca.pem --tlskey /b/key.pem"])
def test_an_option_that_no_variable_means_is_refused(options: str) -> None:
    with pytest.raises(Unusable, match="--context"):
        environment(read([*options.split(), "bakegen"]).options)


def test_cobra_is_told_what_follows() -> None:
    from click.shell_completion import CompletionItem

    assert cobra([CompletionItem("build", help="Build what\nchanged."), CompletionItem("list")]) == (
        "build\tBuild what changed.\nlist\n:4"
    )
    assert cobra([]) == ":4"
    assert cobra([CompletionItem("", type="file")]) == ":0"
    assert cobra([CompletionItem("", type="dir")]) == ":16"
    assert cobra([CompletionItem("fs.read=")]) == "fs.read=\n:6"


def test_usage_names_the_command_that_was_typed(tmp_path: Path) -> None:
    out, problem = plugin(tmp_path, "bakegen", "list", "--nope").communicate(timeout=60)
    assert (out, problem.splitlines()[0]) == ("", "Usage: docker bakegen list [OPTIONS] [TARGETS]...")
    out, _ = plugin(tmp_path, "bakegen", "list", "--help").communicate(timeout=60)
    assert "\n  docker bakegen list pr 'go-*' --format tree" in out
    assert "\n  docker bakegen show, docker bakegen graph" in out


def test_a_client_that_goes_ends_the_plugin(tmp_path: Path) -> None:
    # A name without a path, as docker's client makes one on Linux (socket_abstract.go).
    name = f"bakegen-test-{os.getpid()}"
    if sys.platform != "linux":
        pytest.skip("names of sockets without a path are Linux's")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(f"\0{name}")
        server.listen()
        server.settimeout(60)
        process = plugin(tmp_path, "bakegen", "lint", "-", stdin=subprocess.PIPE, DOCKER_CLI_PLUGIN_SOCKET=f"@{name}")
        connection, _ = server.accept()
        assert process.poll() is None
        connection.close()
        assert process.wait(60) == 128 + signal.SIGTERM
        process.communicate()


def test_a_socket_that_is_gone_is_no_trouble(tmp_path: Path) -> None:
    process = plugin(tmp_path, "bakegen", "--version", DOCKER_CLI_PLUGIN_SOCKET="@bakegen-nobody-listens")
    assert process.communicate(timeout=60) == (f"docker bakegen {__version__}\n", "")


@pytest.fixture
def no_script(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(docker_plugin, "_program", lambda: None)


def test_installed_and_removed(tmp_path: Path) -> None:
    folder = tmp_path / "a b" / "cli-plugins"
    assert docker_plugin.look(folder) is None
    for _ in range(2):  # a second time is no trouble
        found = docker_plugin.install(folder)
        assert (found.version, found.problem) == (__version__, "")
    assert [path.name for path in folder.iterdir()] == ["docker-bakegen"]
    assert docker_plugin.remove(folder) == folder / "docker-bakegen"
    assert docker_plugin.remove(folder) is None


def test_without_a_console_script_a_launcher_leads_to_the_interpreter(
    tmp_path: Path, no_script: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    python = tmp_path / "with 'blanks' in it" / "python"
    python.parent.mkdir()
    python.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    python.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(python))
    found = docker_plugin.install(tmp_path / "plugins")
    assert (found.target, found.version, found.problem) == (python, __version__, "")
    python.unlink()
    gone = docker_plugin.look(tmp_path / "plugins")
    assert gone is not None
    assert gone.problem


def test_a_link_whose_end_is_gone_is_told(tmp_path: Path) -> None:
    (tmp_path / "docker-bakegen").symlink_to(tmp_path / "venv" / "docker-bakegen")
    found = docker_plugin.look(tmp_path)
    assert found is not None
    assert found.problem == "what it leads to is gone"
    assert docker_plugin.install(tmp_path).problem == ""


@pytest.mark.parametrize("kind", ["file", "link"])
def test_what_somebody_else_has_put_there_stays(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "docker-bakegen"
    if kind == "file":
        path.write_text("#!/bin/sh\necho mine\n")
    else:
        path.symlink_to("/bin/true")
    for act in (docker_plugin.install, docker_plugin.remove):
        with pytest.raises(InputError, match="not of `bakegen plugin install`"):
            act(tmp_path)
    assert os.path.lexists(path)


def test_the_commands(tmp_path: Path) -> None:
    def bakegen(*arguments: str) -> tuple[int, str]:
        done = subprocess.run(
            [sys.executable, "-m", "bakegen", "plugin", *arguments],
            env={"PATH": os.environ["PATH"], "DOCKER_CONFIG": str(tmp_path / "config")},
            capture_output=True,
            text=True,
            timeout=60,
        )
        return done.returncode, done.stdout + done.stderr

    code, said = bakegen("status")
    assert (code, said) == (1, "not installed; `bakegen plugin install` does it\n") or "/usr/local" in said
    assert bakegen("install")[0] == 0
    code, said = bakegen("status")
    assert code == 0
    assert str(tmp_path / "config" / "cli-plugins" / "docker-bakegen") in said
    assert "works" in said
    assert bakegen("remove") == (0, f"removed {tmp_path}/config/cli-plugins/docker-bakegen\n")
    assert bakegen("remove")[0] == 0
