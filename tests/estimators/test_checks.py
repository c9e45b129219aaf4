"""scikit-learn's own checks of its contract, on every estimator."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any
from unittest import SkipTest

from sklearn.utils.estimator_checks import parametrize_with_checks
from tests.estimators.conftest import QUICK, QUICK_NETWORK

from cutaway.estimators import (
    EnsembleClassifier,
    EnsembleRegressor,
    LogisticRegression,
    NeuralNetworkClassifier,
    NeuralNetworkRegressor,
)

# Needs an environment variable; scikit-learn's own MLPClassifier skips it too.
SKIPPED_BY_MLP = {"check_array_api_input"}


@parametrize_with_checks(
    [
        NeuralNetworkClassifier(**QUICK_NETWORK),
        NeuralNetworkRegressor(**QUICK_NETWORK),
        LogisticRegression(**QUICK),
        EnsembleClassifier(**QUICK_NETWORK, members=2),
        EnsembleRegressor(**QUICK_NETWORK, members=2),
    ]
)
def test_the_contract_of_scikit_learn(estimator: Any, check: Callable[[Any], None]) -> None:
    try:
        check(estimator)
    except SkipTest:
        function = check.func if isinstance(check, partial) else check
        assert function.__name__ in SKIPPED_BY_MLP
        raise
