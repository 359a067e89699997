"""What would happen: every outcome of every candidate in one call.

It gives expected outcomes per exposure, calibrated, from what is known of the person, the items and the moment.
It never values an outcome and never decides who stands on a page.
"""

from walras.ranking.predicting import Predicts
from walras.ranking.smoothed import Smoothed

__all__ = ["Predicts", "Smoothed"]
