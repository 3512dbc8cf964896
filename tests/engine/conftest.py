"""Fixtures with the real engines, registries and base images; every test below this folder is marked `engine`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import pytest

from tests.engine.harness.errors import Unavailable
from tests.engine.harness.packages import engine_prefix
from tests.engine.harness.session import Session

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.engine.harness.engine import Engine, PrivateEngine
    from tests.engine.harness.newest import NewestEngine
    from tests.engine.harness.registry import Registry

HERE = Path(__file__).parent
T = TypeVar("T")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks the tests of this folder, so that `-m 'not engine'` leaves them out."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.engine)


def obtain(get: Callable[[], T]) -> T:
    """What `get` gives; where this machine cannot have it, skips the test on a person's machine and fails it in CI."""
    try:
        return get()
    except Unavailable as error:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def session() -> Iterator[Session]:
    """The daemons of this run, started when asked for and ended here."""
    session = Session()
    try:
        yield session
    finally:
        session.close()


@pytest.fixture(scope="session")
def engine(session: Session) -> Engine:
    """An engine with buildx: the machine's own where it has a fit one."""
    return obtain(session.engine)


@pytest.fixture(scope="session")
def first_machine(session: Session) -> PrivateEngine:
    """An engine that tests may empty (`make_fresh`): the first of two CI machines."""
    return obtain(lambda: session.private_engine("a"))


@pytest.fixture(scope="session")
def second_engine(session: Session) -> PrivateEngine:
    """Another engine that shares nothing with `first_machine` but the registry: the second CI machine."""
    return obtain(lambda: session.private_engine("b"))


@pytest.fixture(scope="session")
def newest_engine(session: Session) -> NewestEngine:
    """The newest BuildKit and buildx, with `BAKEGEN_TEST_NEWEST=1`; never asked of CI, so it skips there too."""
    try:
        return session.newest_engine()
    except Unavailable as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def registry(session: Session) -> Registry:
    """The registry that the engines share, empty at first; use a repository of your own in each test."""
    return obtain(session.registry)


@pytest.fixture(scope="module")
def own_registry(registry: Registry, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    """A registry for the tests of one file alone; `registry` says whether this machine can have one."""
    folder = tmp_path_factory.mktemp("registry")
    own = type(registry).start(folder, engine_prefix(), storage=folder / "storage")
    yield own
    own.stop()


@pytest.fixture(scope="session")
def busybox_image(session: Session) -> str:
    """The reference of a small image with a shell."""
    return obtain(lambda: session.bases("busybox"))["busybox"]


@pytest.fixture(scope="session")
def debian_image(session: Session) -> str:
    """The reference of a Debian image with Python, pip and venv."""
    return obtain(lambda: session.bases("debian-python"))["debian-python"]


@pytest.fixture(scope="session")
def bases(session: Session) -> Callable[..., dict[str, str]]:
    """`bases("debian-go", …)`: the references of base images by name, built when first asked for."""

    def get(*names: str) -> dict[str, str]:
        return obtain(lambda: session.bases(*names))

    return get
