"""pin-base beyond its examples: which names are pinned, and that the facts still count afterwards."""

from __future__ import annotations

from dataclasses import replace

from bakegen.facts.model import Evidence
from bakegen.rewrites.driver import rewrite, rewrites
from bakegen.text import Source
from tests.unit.rewrites.evidence import PLAIN

DIGEST = "sha256:" + "e" * 64
BASES = {name: replace(PLAIN, index_digest=DIGEST) for name in ("debian:13", "debian", "example.com:5000/a/b:1")}


def pinned(text: str, only: tuple[str, ...] = ("pin-base",), *, fixed: bool = False) -> str:
    return rewrite(Source("Dockerfile", text), Evidence(BASES), only=only, strict=True, fixed=fixed).source.text


def test_it_has_to_be_asked_for() -> None:
    assert not next(one for one in rewrites() if one.name == "pin-base").default
    assert rewrite(Source("Dockerfile", "FROM debian:13\n"), Evidence(BASES)).source.text == "FROM debian:13\n"


def test_forms_of_names() -> None:
    text = (
        "from example.com:5000/a/b:1 as x\nFROM debian \\\n  AS y\nCOPY --from=debian:13 --chown=1:1 /a /b\n"
        "COPY --from=x /a /c\n"
    )
    expected = text.replace("b:1 as", f"b:1@{DIGEST} as").replace("FROM debian ", f"FROM debian@{DIGEST} ")
    assert pinned(text) == expected.replace("--from=debian:13", f"--from=debian:13@{DIGEST}")


def test_an_argument_is_only_pinned_for_good() -> None:
    text = "ARG TAG=13\nFROM debian:${TAG}\n"
    assert pinned(text) == text
    assert pinned(text, fixed=True) == f"ARG TAG=13\nFROM debian:${{TAG}}@{DIGEST}\n"


def test_what_is_known_of_the_base_is_known_of_the_pinned_one() -> None:
    text = "FROM debian:13\nCOPY a /srv/\n"
    expected = f"FROM debian:13@{DIGEST}\nCOPY --link a /srv/\n"
    assert pinned(text, ("pin-base", "add-link")) == expected
    assert pinned(f"FROM debian:13@{DIGEST}\nCOPY a /srv/\n", ("add-link",)) == expected


def test_only_an_image_that_is_one() -> None:
    facts = {"debian": replace(PLAIN, index_digest="")}
    outcome = rewrite(Source("Dockerfile", "FROM debian\n"), Evidence(facts), only=("pin-base",))
    assert [one.supply for offer in outcome.offered for one in offer.missing] == ["run `bakegen lock`"]
    contexts = {"debian": "docker-image://example.com/other"}
    outcome = rewrite(Source("Dockerfile", "FROM debian\n"), Evidence(BASES), only=("pin-base",), contexts=contexts)
    assert not outcome.applied and not outcome.offered
