"""What is shown of texts that hold credentials."""

from __future__ import annotations

import pytest
from hypothesis import given

from bakegen.building.masking import clean, clean_line, mask
from tests.unit.building.reports import TEXTS


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("git clone https://me:secret@example.com/x", "git clone https://***@example.com/x"),
        ("https://ghp_secret@example.com", "https://***@example.com"),
        ("https://me:se@cret@example.com/a@b", "https://***@example.com/a@b"),
        ("'https://a:b@c' https://d:e@f", "'https://***@c' https://***@f"),
        ("https://example.com/a@b?c=d@e", "https://example.com/a@b?c=d@e"),
        ("docker-image://app@sha256:0123", "docker-image://app@sha256:0123"),
        ("docker-image://example.com/app@sha256:0123", "docker-image://example.com/app@sha256:0123"),
        ("mail me@example.com", "mail me@example.com"),
    ],
)
def test_user_information_of_urls_is_hidden(text: str, shown: str) -> None:
    assert mask(text) == shown


@given(TEXTS)
def test_clean_texts_stay_clean(text: str) -> None:
    assert clean(clean(text)) == clean(text)
    assert "\n" not in clean_line(text)
    clean(text).encode()
