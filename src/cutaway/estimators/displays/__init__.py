"""Pictures of a fitted estimator, by scikit-learn's convention; matplotlib is loaded when drawn.

Decision boundary, confusion matrix and calibration are drawn by scikit-learn's own displays.
"""

from cutaway.estimators.displays.curves import CostCurveDisplay
from cutaway.estimators.displays.layers import LayersDisplay
from cutaway.estimators.displays.weights import WeightsDisplay

__all__ = ["CostCurveDisplay", "LayersDisplay", "WeightsDisplay"]
