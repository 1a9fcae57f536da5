from tests.evaluation.conftest import cache, classifier

__all__ = ["cache", "classifier"]
