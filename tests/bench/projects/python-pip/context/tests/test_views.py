"""The front page is there."""

from app.main import create_app


def test_index() -> None:
    assert create_app().test_client().get("/").status_code == 200
