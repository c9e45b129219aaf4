"""scikit-learn estimators: their parameters are the hyper-parameters, rows go in and out."""

from cutaway.estimators.classifier import LogisticRegression, NeuralNetworkClassifier
from cutaway.estimators.ensembles import EnsembleClassifier, EnsembleRegressor
from cutaway.estimators.judging import FaultWarning
from cutaway.estimators.regressor import NeuralNetworkRegressor

__all__ = [
    "EnsembleClassifier",
    "EnsembleRegressor",
    "FaultWarning",
    "LogisticRegression",
    "NeuralNetworkClassifier",
    "NeuralNetworkRegressor",
]
