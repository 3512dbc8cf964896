"""Views of the environment against plain dictionaries, also where chains of stages are copied into one."""

from __future__ import annotations

import random

import pytest

from bakegen.dockerfile import environment
from bakegen.dockerfile.environment import Environment, History


@pytest.mark.parametrize("deep", [1, 3, 64])
def test_against_dictionaries(deep: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment, "_DEEP", deep)
    monkeypatch.setattr(environment, "_NAMES_A_STAGE", 4)
    for seed in range(60):
        choose = random.Random(seed)
        left: Environment | None = None
        left_image: Environment | None = None
        expected: dict[str, str] = {}
        image: dict[str, str] = {}
        for _ in range(choose.randint(1, 20)):
            image_history = History(left_image)
            history = History(left, image_history.now())
            for name, value in image.items():
                expected.pop(name, None)
                expected[name] = value
            earlier, before = history.now(), dict(expected)
            for _ in range(choose.randint(0, 4)):
                name, value = choose.choice("ABCDEFGHIJ") + str(choose.randint(0, 2)), str(choose.random())
                history.set(name, value)
                expected.pop(name, None)
                expected[name] = value
                if choose.random() < 0.5:
                    image_history.set(name, value)
                    image[name] = value
            left, left_image = history.now(), image_history.now()
            assert list(left.items()) == list(expected.items())
            assert list(left_image.items(keep_place=True)) == list(image.items())
            assert list(earlier.items()) == list(before.items())
            assert all(left.get(name) == value for name, value in expected.items())
            assert left.get("none") is None
