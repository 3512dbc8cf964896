"""The shell in the files of the providers other than GitHub, and what surrounds it when it runs."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from bakegen import __version__

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).parents[2]
ENVIRONMENTS = ROOT / "tests" / "unit" / "workspace" / "ci"
RUNNERS = {
    "gitlab": ["sh", "-e"],
    "jenkins": ["sh"],
    "circleci": ["bash", "-eo", "pipefail"],
    "buildkite": ["bash", "-e"],
    "azure": ["bash", "--noprofile", "--norc"],
    "bitbucket": ["sh", "-e"],
}
"""How each provider runs a script; of those that run in docker's own image ``sh`` is busybox's there."""


@dataclass(frozen=True)
class Script:
    """A script, and the variables that the file sets for it."""

    text: str
    variables: Mapping[str, str] = field(default_factory=dict)


def recorded(case: str) -> dict[str, str]:
    """The environment that was recorded of a provider, by the name of its folder."""
    folder = ENVIRONMENTS / case
    pairs = (line.partition("=") for line in (folder / "environment").read_text("utf-8").splitlines())
    return {name: value.replace("{folder}", str(folder)) for name, _, value in pairs}


def script_of(provider: str, text: str, environ: Mapping[str, str]) -> Script:
    """The script that `provider` runs for the file `text`; `environ` has what its own syntax is filled in from."""
    return _READERS[provider](text, environ)


def _gitlab(text: str, environ: Mapping[str, str]) -> Script:
    (included,) = yaml.safe_load(text)["include"]
    assert included["component"].startswith("$CI_SERVER_FQDN/")
    job = component(included["inputs"])
    assert any(_holds(rule["if"], environ) for rule in job["rules"]), "the event starts no job"
    variables = {
        name: re.sub(r"\$([A-Z_]+)", lambda found: environ.get(found[1], ""), value)
        for name, value in job["variables"].items()
    }
    return Script("\n".join([*job["before_script"], *job["script"]]), variables)


def component(given: Mapping[str, Any]) -> dict[str, Any]:
    """The job of ``templates/bakegen.yml`` with the inputs `given`."""
    head, _, body = (ROOT / "templates" / "bakegen.yml").read_text("utf-8").partition("\n---\n")
    declared = yaml.safe_load(head)["spec"]["inputs"]
    assert set(given) <= set(declared)
    values = {name: given.get(name, one["default"]) for name, one in declared.items()}

    def value(found: re.Match[str]) -> str:
        one = values[found[1]]
        return str(one).lower() if isinstance(one, bool) else str(one)

    (job,) = yaml.safe_load(re.sub(r"\$\[\[ inputs\.([a-z]+) \]\]", value, body)).values()
    assert isinstance(job, dict)
    return job


def _holds(condition: str, environ: Mapping[str, str]) -> bool:
    left, equals, right = condition.partition(" == ")
    sides = [environ.get(one[1:], "") if one.startswith("$") else one.strip('"') for one in (left, right) if one]
    return sides[0] == sides[1] if equals else bool(sides[0])


def _jenkins(text: str, environ: Mapping[str, str]) -> Script:
    (script,) = re.findall(r"sh '''(.*?)'''", text, re.DOTALL)
    assert "\\" not in script  # which Groovy would take out
    return Script(script)


def _circleci(text: str, environ: Mapping[str, str]) -> Script:
    made = yaml.safe_load(text)
    (script,) = [step["run"]["command"] for step in made["jobs"]["images"]["steps"] if "run" in step]
    # A schedule runs the other workflow, which gives the job its event.
    jobs = made["workflows"]["nightly" if environ.get("SCHEDULED") else "images"]["jobs"]
    event = jobs[0]["images"].get("event", "")
    variables = made["jobs"]["images"]["environment"]
    assert "<<" not in script
    return Script(script, {name: text.replace("<< parameters.event >>", event) for name, text in variables.items()})


def _buildkite(text: str, environ: Mapping[str, str]) -> Script:
    (step,) = yaml.safe_load(text)["steps"]
    command = step["command"]
    assert not re.search(r"(?<!\$)\$(?!\$)", command), "a variable that would be filled in at upload"
    return Script(command.replace("$$", "$"))


def _azure(text: str, environ: Mapping[str, str]) -> Script:
    (job,) = yaml.safe_load(text)["jobs"]
    (step,) = [step for step in job["steps"] if "bash" in step]
    known = {**environ, "Pipeline.Workspace": environ["HOME"] + "/pipeline"}
    filled = {
        name: re.sub(r"\$\(([\w.]+)\)", lambda found: known.get(found[1], found[0]), value)
        for name, value in step["env"].items()
    }
    assert "$(" not in step["bash"].replace("'$('", "")  # which would be a macro
    return Script(step["bash"], filled)


def _bitbucket(text: str, environ: Mapping[str, str]) -> Script:
    made = yaml.safe_load(text)
    pipelines = made["pipelines"]
    if environ.get("SCHEDULED"):
        variables, step = pipelines["custom"]["nightly"]
        given = {one["name"]: one["default"] for one in variables["variables"]}
    else:
        kind = "pull-requests" if "BITBUCKET_PR_ID" in environ else "tags" if "BITBUCKET_TAG" in environ else "branches"
        ((step,),) = pipelines[kind].values()
        given = {}
    return Script("\n".join(step["step"]["script"]), given)


_READERS = {
    "gitlab": _gitlab,
    "jenkins": _jenkins,
    "circleci": _circleci,
    "buildkite": _buildkite,
    "azure": _azure,
    "bitbucket": _bitbucket,
}

_STAND_INS = {
    # Installing is noted, and bakegen is there then: the one of these tests.
    "python3": """\
[ "$1 $2" = "-m venv" ] || exec {python} "$@"
mkdir -p "$3/bin"
printf '#!/bin/sh\\necho "pip $*" >> "{log}"\\nln -sf {bakegen} "$(dirname "$0")/bakegen"\\n' > "$3/bin/pip"
chmod +x "$3/bin/pip"
""",
    "apk": 'echo "apk $*" >> "{log}"',
    "buildkite-agent": 'echo "buildkite-agent $*" >> "{log}"; cat >> "{log}"',
    # A builder of its own needs an image of BuildKit: the engine's stands in, as it can write caches, too.
    "docker": """\
case "$1 $2" in
  "buildx inspect" | "context inspect") exit 1 ;;
  "buildx create" | "context create") echo "docker $*" >> "{log}"; exit 0 ;;
  "login "*) echo "docker $*, $(wc -c) bytes of a password" >> "{log}"; exit 0 ;;
esac
unset BUILDX_BUILDER
exec {docker} "$@"
""",
}


def run_script(
    provider: str, script: Script, folder: Path, environ: Mapping[str, str], home: Path, bakegen: Path | None = None
) -> tuple[subprocess.CompletedProcess[str], str]:
    """Runs a script as `provider` does, in a machine that has docker and Python; out: the process, what was noted.

    `bakegen` stands in for the command, where it is given.
    """
    tools, log = home / "tools", home / "log"
    tools.mkdir(parents=True, exist_ok=True)
    log.write_text("")
    path = environ.get("PATH", os.environ["PATH"])
    real = {
        "python": shlex.quote(sys.executable),
        "bakegen": shlex.quote(str(bakegen or Path(sys.executable).parent / "bakegen")),
        "docker": subprocess.run(["sh", "-c", "command -v docker || echo docker"], env={"PATH": path},
                                 capture_output=True, text=True, check=True).stdout.strip(),
        "log": str(log),
    }  # fmt: skip
    for name, text in _STAND_INS.items():
        for key, value in real.items():
            text = text.replace(f"{{{key}}}", value)
        (tools / name).write_text(f"#!/bin/sh\n{text}\n")
        (tools / name).chmod(0o755)
    variables = {**environ, **script.variables, "HOME": str(home), "PATH": f"{tools}{os.pathsep}{path}"}
    done = subprocess.run(
        [*RUNNERS[provider], "-c", script.text], cwd=folder, env=variables, capture_output=True, text=True, timeout=300
    )
    return done, log.read_text()


INSTALLED = f"pip install --quiet bakegen[zstd]=={__version__}\n"
