from collections.abc import Iterator
from pathlib import Path

import pytest

from gan_cli.data import Digits
from gan_cli.evaluation.collections import lesson_of
from gan_cli.metrics import features
from gan_cli.metrics.features import Classifier, trained_on


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where a quickly trained classifier is kept, and real features."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(features, "STEPS", 150)
        yield tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="session")
def classifier(cache: Path) -> Classifier:
    """Of digits in 16x16 pixels."""
    lesson = lesson_of(Digits(image_size=16))
    assert lesson is not None
    return trained_on(lesson, cache)
