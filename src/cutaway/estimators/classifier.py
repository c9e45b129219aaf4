"""Classifiers: a network of any depth, and one without a hidden layer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from sklearn.base import ClassifierMixin
from sklearn.utils import Tags
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import column_or_1d

from cutaway.estimators.base import NetworkEstimator
from cutaway.estimators.examples import Targets
from cutaway.estimators.parameters import parameters, with_parameters

PROBABILITIES = ("auto", "sigmoid", "softmax")


def _gives_probabilities(estimator: Any) -> bool:
    if estimator.output in PROBABILITIES:
        return True
    raise AttributeError(
        f"output='{estimator.output}' gives no probabilities; use one of {PROBABILITIES}"
    )


class Classifier(ClassifierMixin, NetworkEstimator):
    """What classifiers share: which classes there are, and what the outputs say of them."""

    classes_: npt.NDArray[Any]
    class_weight: Any
    output: str

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags

    def _learn_targets(self, y: Any, classes: Any = None) -> None:
        check_classification_targets(y)
        self._multi_label = _is_multi_label(y)
        if self._multi_label:
            self.classes_ = np.arange(y.shape[1])
            return
        known = column_or_1d(y, warn=True) if classes is None else classes
        self.classes_ = np.unique(known)
        if len(self.classes_) < 2:
            raise ValueError(
                f"{type(self).__name__} needs samples of at least 2 classes in the data, but the "
                f"data contains only one class: {self.classes_.tolist()[0]!r}"
            )

    def _given(self) -> dict[str, Any]:
        given = super()._given()
        if isinstance(self.class_weight, Mapping) and not self._multi_label:
            given["class_weight"] = {
                self._name(label): weight for label, weight in self.class_weight.items()
            }
        return given

    def _name(self, label: Any) -> str:
        """Return the name of a class: 1 and True and 1.0 are the same label."""
        return next((str(known) for known in self.classes_ if known == label), str(label))

    def _targets(self, y: Any) -> Targets:
        names = tuple(str(label) for label in self.classes_)
        if self._multi_label:
            if not _is_multi_label(y) or y.shape[1] != len(names):
                raise ValueError(f"y has to say for each of {len(names)} labels whether it holds")
            return Targets("multi-label", names, y)
        y = column_or_1d(y)
        known = np.isin(y, self.classes_)
        if not known.all():
            raise ValueError(
                f"y contains the label {y[~known].tolist()[0]!r}, which is none of the classes "
                f"{self.classes_.tolist()}"
            )
        return Targets("classification", names, np.searchsorted(self.classes_, y))

    def predict(self, X: Any) -> npt.NDArray[Any]:
        """Return the class of each row (m,), or which labels hold, 0 or 1 (m, K).

        Parameters
        ----------
        X : array, frame or sparse matrix of shape (m, n_x)
            Examples, one a row.
        """
        A = self._outputs(X)[1]
        answers = self._model.preparation.answers(A)
        return answers if self._multi_label else self.classes_[answers]

    @available_if(_gives_probabilities)
    def predict_proba(self, X: Any) -> npt.NDArray[Any]:
        """Return the probability of each class, or of each label, (m, K).

        Parameters
        ----------
        X : array, frame or sparse matrix of shape (m, n_x)
            Examples, one a row.
        """
        A = self._outputs(X)[1]
        probabilities = np.ascontiguousarray(self._model.preparation.probabilities(A))
        if self._multi_label or self.network_.output == "softmax" or len(A) == 1:
            return probabilities
        # One sigmoid unit for each of several classes: they do not sum to 1 by themselves.
        return probabilities / probabilities.sum(axis=1, keepdims=True)

    def decision_function(self, X: Any) -> npt.NDArray[Any]:
        """Return Z of the last layer: (m,) for two classes, else (m, K).

        Parameters
        ----------
        X : array, frame or sparse matrix of shape (m, n_x)
            Examples, one a row.
        """
        Z = self._outputs(X)[0]
        one_unit = len(Z) == 1 and not self._multi_label
        return Z[0] if one_unit else np.ascontiguousarray(Z.T)


def _is_multi_label(y: Any) -> bool:
    kind = type_of_target(y, input_name="y")
    if kind == "multiclass-multioutput":
        raise ValueError(
            "y has several columns of classes (multiclass-multioutput), which one network does not "
            "learn; wrap the classifier in sklearn.multioutput.MultiOutputClassifier"
        )
    return bool(kind == "multilabel-indicator")


@with_parameters(parameters())
class NeuralNetworkClassifier(Classifier):
    """A dense network that tells classes apart, or says which labels hold.

    PARAMETERS

    Attributes
    ----------
    classes_ : array of shape (K,)
        The labels, in the order of the columns of `predict_proba`.
    network_ : Network
        Sizes, activations, output and loss.
    parameters_ : tuple of (W, b)
        The layers: W of shape (n_l, n_prev), b of shape (n_l, 1).
    history_ : dict of arrays
        The Records as a table: epoch, cost, train_loss, dev_loss, train_error and more.
    diagnosis_ : Diagnosis
        Bias and variance with intervals, and a verdict in words: `diagnosis_.in_words()`.
    faults_ : tuple of Found
        Faults that the Records show, each with what was seen and what to do; fit warns of them.
    n_iter_ : int
        Epochs that were trained; `best_epoch_` is the one whose parameters are kept.
    n_features_in_, feature_names_in_, n_outputs_
        Number and names of the inputs, and the number of outputs of the network.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from cutaway.estimators import NeuralNetworkClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> NeuralNetworkClassifier(hidden=(16,), epochs=50).fit(X, y).predict(X[:3])
    array([0, 0, 0])
    """

    def partial_fit(self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None) -> Self:
        """Train for one epoch on a piece of the data, from where the last training ended.

        Parameters
        ----------
        X : array, frame or sparse matrix of shape (m, n_x)
            Examples, one a row. By the mean and deviation of the first piece all others are
            normalised, so let it be a fair sample of the rows, not the first of sorted ones.
        y : array of shape (m,) or (m, K)
            The class of each, or its labels.
        classes : array of shape (K,), default=None
            All classes; needed in the first call, where y may lack some.
        sample_weight : array of shape (m,), default=None
            Weights of the examples.

        Returns
        -------
        self : object
            The fitted estimator.
        """
        if self.class_weight == "balanced":
            raise ValueError(
                "class_weight='balanced' is not supported for partial_fit, which sees a piece of "
                "the data only; give the weight of each class"
            )
        first = not hasattr(self, "_ended")
        X, y = self._read(X, y, reset=first)
        if first:
            if classes is None and not _is_multi_label(y):
                raise ValueError("classes must be passed on the first call to partial_fit.")
            self._learn_targets(y, classes)
        elif classes is not None and not np.array_equal(self.classes_, np.unique(classes)):
            raise ValueError(
                f"classes={classes!r} is not the same as in the first call of partial_fit, "
                f"which was {self.classes_!r}"
            )
        return self._partial_fit(X, y, sample_weight)


@with_parameters(parameters(("hidden", "activation", "keep_prob"), initializer="zeros"))
class LogisticRegression(NeuralNetworkClassifier):
    """Logistic regression: a network without a hidden layer, softmax for more than two classes.

    Where batch size, learning rate and optimiser are left open it is a full batch with momentum, at
    a rate from the inputs, and ends where no entry of the gradient is larger than 1e-4.

    PARAMETERS

    Attributes
    ----------
    coef_ : array of shape (1, n_x) or (K, n_x)
        What an input adds to the decision function, in the units of X.
    intercept_ : array of shape (1,) or (K,)
        The decision function where all inputs are 0.
    classes_, network_, parameters_, history_, n_iter_, n_features_in_, feature_names_in_
        As those of `NeuralNetworkClassifier`.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from cutaway.estimators import LogisticRegression
    >>> X, y = load_iris(return_X_y=True)
    >>> LogisticRegression(epochs=50).fit(X, y).coef_.shape
    (3, 4)
    """

    _held = {"hidden": (), "keep_prob": 1.0}  # noqa: RUF012

    @property
    def coef_(self) -> npt.NDArray[Any]:
        """W / scale: the weights for inputs as they are, before they are normalised."""
        return np.asarray(self.parameters_[0].W / self._model.preparation.scale)

    @property
    def intercept_(self) -> npt.NDArray[Any]:
        """Z where all inputs are 0: b - W (mean / scale)."""
        return np.asarray(self.parameters_[0].b[:, 0] - self.coef_ @ self._model.preparation.mean)
