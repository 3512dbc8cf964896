"""A GitHub runner for one job: its steps in order, the action of this repository among them."""

from __future__ import annotations

import json
import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from tests.ci_files.expressions import as_text, filled, value_of

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).parents[2]
ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))


@dataclass
class Run:
    """What became of a job: each step's outputs by its id, the summary, what it said, the actions it used."""

    outputs: dict[str, dict[str, str]] = field(default_factory=dict)
    summary: str = ""
    said: str = ""
    used: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    code: int = 0


def run_job(
    job: Mapping[str, Any], folder: Path, environ: Mapping[str, str], contexts: Mapping[str, Any], temporary: Path
) -> Run:
    """Runs the steps of `job` in the work tree `folder`; bakegen is on the PATH of `environ` already.

    Steps that use other actions are noted with what they are given, and not run.
    """
    run = Run()
    job_env = {name: filled(as_text(given), contexts) for name, given in job.get("env", {}).items()}
    contexts = {**contexts, "env": {**environ, **job_env}}
    for step in job["steps"]:
        if not value_of(str(step.get("if", "always()")), contexts) or (
            run.code and "always()" not in step.get("if", "")
        ):
            continue
        inputs = {name: filled(as_text(given), contexts) for name, given in step.get("with", {}).items()}
        name, _, ref = step["uses"].partition("@")
        run.used.append((name, inputs))
        if not name.endswith("/bakegen"):
            assert re.fullmatch(r"[0-9a-f]{40}", ref), f"{name} is not pinned"
            continue
        run_action(inputs, folder, {**environ, **job_env}, contexts, temporary, run, step.get("id", ""))
    return run


def run_action(
    inputs: Mapping[str, str],
    folder: Path,
    environ: Mapping[str, str],
    contexts: Mapping[str, Any],
    temporary: Path,
    run: Run,
    step_id: str = "",
) -> None:
    """Runs the last step of this repository's action, behind the one that installs, and adds to `run`."""
    assert set(inputs) <= set(ACTION["inputs"]), inputs
    given = {name: str(inputs.get(name, one.get("default", ""))) for name, one in ACTION["inputs"].items()}
    step = ACTION["runs"]["steps"][-1]
    assert "${{" not in step["run"]  # what is given reaches the shell through its environment alone
    github = {**contexts["github"], "action_path": str(ROOT)}
    seen = {**contexts, "inputs": given, "github": github, "env": environ}
    env = {name: filled(text, seen) for name, text in step["env"].items()}
    output, summary = temporary / "output", temporary / "summary"
    output.write_text("")
    summary.write_text("")
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
        cwd=folder,
        env={**environ, **env, "GITHUB_OUTPUT": str(output), "GITHUB_STEP_SUMMARY": str(summary)},
        capture_output=True,
        text=True,
        timeout=300,
    )
    run.code = run.code or done.returncode
    run.said += done.stdout + done.stderr
    run.summary += summary.read_text()
    inner = outputs(output.read_text())
    found = {
        name: filled(one["value"], {"steps": {step["id"]: {"outputs": inner}}})
        for name, one in ACTION["outputs"].items()
    }
    run.outputs[step_id] = {name: text for name, text in found.items() if text}


def outputs(text: str) -> dict[str, str]:
    """The outputs in a file of GITHUB_OUTPUT: ``name=value``, or between two lines of a delimiter."""
    found: dict[str, str] = {}
    lines = iter(text.splitlines())
    for line in lines:
        name, mark, end = line.partition("<<")
        if mark and "=" not in name:
            found[name] = "\n".join(iter(lambda: next(lines), end))
        else:
            name, _, value = line.partition("=")
            found[name] = value
    return found


def event(
    temporary: Path, name: str, *, branch: str = "", tag: str = "", number: int = 0, fork: bool = False
) -> tuple[dict[str, str], dict[str, Any]]:
    """The environment and the contexts of a run, as GitHub documents them; the default branch is main."""
    payload: dict[str, Any] = {"repository": {"default_branch": "main", "full_name": "team/images"}}
    github: dict[str, Any] = {"event_name": name, "actor": "someone", "token": "t0ken", "run_id": 7, "run_attempt": 1}
    if number:
        owner = "somebody" if fork else "team"
        payload["pull_request"] = {"number": number, "head": {"repo": {"full_name": f"{owner}/images"}}}
        github |= {"ref": f"refs/pull/{number}/merge", "ref_name": f"{number}/merge", "ref_type": "branch"}
        github |= {"head_ref": branch, "base_ref": "main"}
    elif tag:
        github |= {"ref": f"refs/tags/{tag}", "ref_name": tag, "ref_type": "tag"}
    else:
        github |= {"ref": f"refs/heads/{branch}", "ref_name": branch, "ref_type": "branch"}
    path = temporary / "event.json"
    path.write_text(json.dumps(payload))
    environ = {f"GITHUB_{name.upper()}": str(value) for name, value in github.items() if name not in ("token",)}
    environ |= {"CI": "true", "GITHUB_ACTIONS": "true", "GITHUB_REPOSITORY": "team/images"}
    environ |= {"GITHUB_EVENT_PATH": str(path), "RUNNER_TEMP": str(temporary)}
    secrets = {} if fork else {"REGISTRY_USERNAME": "robot", "REGISTRY_PASSWORD": "s3cret"}
    return environ, {"github": {**github, "event": payload}, "secrets": secrets, "runner": {"temp": str(temporary)}}
