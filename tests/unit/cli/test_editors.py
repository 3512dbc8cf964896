"""What editors are given: the entries for SchemaStore by its rules, and the expression that reads findings."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from bakegen.definition.loader import PROJECT_FILE

SCHEMAS = files("bakegen") / "schema"
CATALOG: dict[str, Any] = json.loads((SCHEMAS / "catalog.json").read_text("utf-8"))
PAGE = Path("bakegen/docs/reference/editors.md")
DIALECT = "https://www.schemastore.org/schema-catalog.json"

TOO_GENERAL = {"image.yaml", "image.yml", "images/*/image.yaml", "**/image.yaml", "*.yaml"}
"""Names that files of others have, too: SchemaStore takes none of these."""


def test_the_catalog_has_the_form_of_schemastore_s() -> None:
    # Source: src/schemas/json/schema-catalog.json of SchemaStore/schemastore.
    assert set(CATALOG) == {"$schema", "version", "schemas"}
    assert (CATALOG["$schema"], CATALOG["version"]) == (DIALECT, 1)


@pytest.mark.parametrize("entry", CATALOG["schemas"], ids=lambda one: one["name"])
def test_entries_keep_the_rules_of_schemastore(entry: dict[str, Any]) -> None:
    # Source: assertCatalogJson… in cli.js of SchemaStore/schemastore, and its CONTRIBUTING.md on `fileMatch`.
    assert {"name", "description", "url"} <= set(entry) <= {"name", "description", "url", "fileMatch", "versions"}
    for text in (entry["name"], entry["description"]):
        assert not text.endswith((",", ".", " ", "\t", "-"))
        assert "schema" not in text.lower()
        assert "\n" not in text
    assert re.fullmatch(r"https://www\.schemastore\.org/[a-z0-9-]+\.json", entry["url"])
    for pattern in entry["fileMatch"]:
        assert "/" not in pattern or pattern.startswith("**/")
        assert pattern not in TOO_GENERAL
        assert not set(pattern) & set("{}[]!()")
    assert len(set(entry["fileMatch"])) == len(entry["fileMatch"])


def test_every_schema_has_an_entry() -> None:
    titles = [json.loads(path.read_text("utf-8"))["title"] for path in Path(str(SCHEMAS)).glob("*.schema.json")]
    assert len(CATALOG["schemas"]) == len(titles)
    matched = [pattern for entry in CATALOG["schemas"] for pattern in entry["fileMatch"]]
    assert matched == [PROJECT_FILE, "bakegen-report.json"]
    urls = [entry["url"] for entry in CATALOG["schemas"]]
    assert len(set(urls)) == len(urls)


def matcher() -> dict[str, Any]:
    blocks = re.findall(r"```json\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    tasks = next(block for block in map(json.loads, blocks) if "tasks" in block)
    found = tasks["tasks"][0]["problemMatcher"]
    assert isinstance(found, dict)
    return found


def test_the_problem_matcher_reads_each_finding(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("from debian\nMAINTAINER x\nRUN cd /x\n")
    done = subprocess.run(
        [sys.executable, "-m", "bakegen", "lint", "--format", "concise"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
    )
    pattern = matcher()["pattern"]
    lines = done.stdout.splitlines()
    assert len(lines) >= 4
    found = [re.fullmatch(pattern["regexp"].removeprefix("^").removesuffix("$"), line) for line in lines]
    assert all(found)
    first = found[0]
    assert first is not None
    assert [first[pattern[name]] for name in ("file", "line", "column", "severity", "code")] == [
        *("Dockerfile", "1", "1", "note", "BK104"),
    ]
    severities = {one[pattern["severity"]] for one in found if one is not None}
    assert severities <= {"error", "warning", "info", "note"}  # what VS Code knows; a note is shown as information
