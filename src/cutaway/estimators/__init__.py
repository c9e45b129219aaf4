"""scikit-learn estimators: their parameters are the hyper-parameters, rows go in and out."""

from cutaway.estimators.classifier import LogisticRegression, NeuralNetworkClassifier
from cutaway.estimators.judging import FaultWarning
from cutaway.estimators.regressor import NeuralNetworkRegressor

__all__ = [
    "FaultWarning",
    "LogisticRegression",
    "NeuralNetworkClassifier",
    "NeuralNetworkRegressor",
]
