"""cache-mount in awkward places; its examples are run by `test_examples`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from bakegen.effects.model import Tier
from bakegen.rewrites.driver import rewrite
from bakegen.text import Source
from tests.unit.rewrites.evidence import PLAIN, evidence

if TYPE_CHECKING:
    from bakegen.rewrites.driver import Outcome

APT = "apt-get update && apt-get install -y curl"
ARCHIVES = "--mount=type=cache,target=/var/cache/apt,sharing=locked,id=p-var-cache-apt-debian-13"
LISTS = "--mount=type=cache,target=/var/lib/apt/lists,sharing=locked,id=p-var-lib-apt-lists-debian-13"
PIP = "--mount=type=cache,target=/root/.cache/pip,id=p-root-cache-pip"


def run(text: str, *, project: str = "p", ephemeral: bool = False) -> Outcome:
    """What the rewrite alone makes of a Dockerfile, at level assumed."""
    facts = evidence({"a": ""}, {"debian": PLAIN})

    def once(text: str) -> Outcome:
        return rewrite(
            Source("Dockerfile", text),
            facts,
            level="assumed",
            only=("cache-mount",),
            project=project,
            ephemeral=ephemeral,
            strict=True,
        )

    outcome = once(text)
    assert once(outcome.source.text).source.text == outcome.source.text
    return outcome


CHANGED = {
    "a script of lines": (
        f"RUN <<EOF\nset -e\n{APT}\nrm -rf /var/lib/apt/lists/*\nEOF\n",
        f"RUN {ARCHIVES} {LISTS} <<EOF\nset -e\n{APT}\nEOF\n",
    ),
    "a list of lines, comments and clean-up": (
        "RUN set -eux; \\\n    apt-get update; \\\n    apt-get install -y curl; \\\n    # tidy\n"
        "    rm -rf /var/lib/apt/lists/*; \\\n    apt-get clean\n",
        f"# tidy\nRUN {ARCHIVES} \\\n    {LISTS} \\\n    set -eux; \\\n    apt-get update; \\\n"
        "    apt-get install -y curl\n",
    ),
    "options over several lines": (
        "RUN --network=default \\\n    pip install \\\n      --no-cache-dir \\\n      flask\n",
        f"RUN --network=default \\\n    {PIP} \\\n    pip install \\\n      flask\n",
    ),
    "what is installed is removed again": (
        f"RUN {APT} && apt-get purge -y --auto-remove curl && rm -rf /var/lib/apt/lists/*\n",
        f"RUN {ARCHIVES} \\\n    {LISTS} \\\n    {APT} && apt-get purge -y --auto-remove curl\n",
    ),
    "a command that is not understood stands by": (
        "RUN pip install flask && ./configure\n",
        f"RUN {PIP} pip install flask && ./configure\n",
    ),
    "one of two can be mounted": (
        f"RUN {APT} && rm -rf /var/cache/*\n",
        f"RUN {LISTS} {APT} && rm -rf /var/cache/*\n",
    ),
    "a user by name, whom the base has": (
        "USER nobody\nENV HOME=/tmp/h\nRUN pip install --user flask\n",
        "USER nobody\nENV HOME=/tmp/h\nRUN --mount=type=cache,target=/tmp/h/.cache/pip,"
        "id=p-tmp-h-cache-pip-uid65534,uid=65534 pip install --user flask\n",
    ),
    "another cache directory": (
        "ENV PIP_CACHE_DIR=/caches/pip\nRUN pip install flask\n",
        "ENV PIP_CACHE_DIR=/caches/pip\nRUN --mount=type=cache,target=/caches/pip,id=p-caches-pip pip install flask\n",
    ),
}

UNCHANGED = {
    "a mount is there": "RUN --mount=type=cache,target=/root/.cache pip install flask\n",
    "a mount above": "RUN --mount=type=tmpfs,target=/root pip install flask\n",
    "the JSON form": 'RUN ["pip", "install", "--no-cache-dir", "flask"]\n',
    "all below a directory is removed": "ENV PIP_CACHE_DIR=/tmp/pip\nRUN pip install flask && rm -rf /tmp/*\n",
    "a later RUN lists what is in it": "RUN pip install flask\nRUN cp -r /root/.cache/pip /srv/wheels\n",
    "another stage takes all of it": "RUN pip install flask\nFROM scratch\nCOPY --from=0 / /\n",
    "a stage without a name takes some of it": "RUN pip install flask\nFROM scratch\nCOPY --from=0 /root/.cache /c\n",
    "the cache is filled by hand": "RUN mkdir -p /root/.cache/pip && touch /root/.cache/pip/x && pip install flask\n",
    "nothing is installed": "RUN pip list\n",
}


@pytest.mark.parametrize("title", CHANGED)
def test_changes(title: str) -> None:
    before, after = CHANGED[title]
    assert run(f"FROM debian\n{before}").source.text == f"FROM debian\n{after}"


@pytest.mark.parametrize("title", UNCHANGED)
def test_stays(title: str) -> None:
    text = f"FROM debian\n{UNCHANGED[title]}"
    assert run(text).source.text == text


def test_lists_stay_for_the_stage_that_needs_them() -> None:
    outcome = run(f"FROM debian AS one\nRUN {APT}\nFROM one\nRUN apt-get install -y git\n")
    assert "/var/lib/apt/lists" not in outcome.source.text
    assert outcome.source.text.count(ARCHIVES) == 2
    assert any("needs what is in /var/lib/apt/lists" in one.what for offer in outcome.offered for one in offer.missing)
    again = run(f"FROM debian AS one\nRUN {APT}\nFROM one\nRUN {APT}\n")
    assert again.source.text.count(LISTS) == 2


def test_a_script_may_need_the_lists() -> None:
    outcome = run(f"FROM debian\nRUN {APT}\nRUN for x in a b; do ./setup $x; apt-get install -y $x; done\n")
    assert "/var/lib/apt/lists" not in outcome.source.text


def test_docker_clean_does_not_empty_what_lies_elsewhere() -> None:
    hook = "/etc/apt/apt.conf.d/docker-clean"
    known = replace(PLAIN, files=frozenset((hook,)))
    for facts in (evidence({"a": ""}, {"debian": known}), evidence({"a": ""})):
        text = f"FROM debian\nRUN {APT}\n"
        made = rewrite(Source("Dockerfile", text), facts, level="assumed", only=("cache-mount",), strict=True)
        assert "apt-get -o Dir::Cache::Archives=/var/cache/apt/kept install" in made.source.text
    copied = run(f"FROM debian\nCOPY a {hook}\nRUN {APT}\n")
    assert "Dir::Cache::Archives" in copied.source.text


def test_a_new_builder_each_time_has_no_use_for_it() -> None:
    outcome = run("FROM debian\nRUN pip install flask\n", ephemeral=True)
    assert not outcome.changed
    assert [one.tier for one in outcome.offered] == [Tier.ADVICE]


def test_without_a_project_the_id_is_the_directory() -> None:
    assert "id=" not in run("FROM debian\nRUN pip install flask\n", project="").source.text


def test_apk_fetches_its_index_anew() -> None:
    outcome = run("FROM debian\nRUN apk add --no-cache curl git\n")
    assert outcome.source.text.endswith(" apk add --update-cache curl git\n")


def test_the_directories_are_declared_and_not_those_above() -> None:
    outcome = run("FROM debian\nRUN pip install flask\n")
    assert outcome.declared == ("/root/.cache/pip", "/root/.cache/pip/**")


def test_an_old_frontend_has_no_mounts() -> None:
    text = "# syntax=docker/dockerfile:1.0\nFROM debian\nRUN pip install flask\n"
    assert run(text).source.text == text


def test_a_tool_that_empties_its_own_cache_no_longer_does() -> None:
    files = {
        "package.json": '{"name": "a", "version": "1.0.0"}',
        "package-lock.json": '{"name": "a", "version": "1.0.0", "lockfileVersion": 3, "packages": {"": {"name": "a"}}}',
    }
    text = "FROM node\nWORKDIR /a\nCOPY package.json package-lock.json ./\nRUN npm ci && npm cache clean --force\n"
    found = rewrite(
        Source("Dockerfile", text),
        evidence(files, {"node": PLAIN}),
        level="assumed",
        only=("cache-mount",),
        project="p",
        strict=True,
    )
    assert found.source.text.endswith("RUN --mount=type=cache,target=/root/.npm,id=p-root-npm npm ci\n")
