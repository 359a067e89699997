"""Routes of Gorse's REST API, so that a program written for Gorse works unchanged.

They are translations of our own routes: categories are topics, feedback is events, a read item is an exposure.
They hold nothing themselves; what differs from Gorse is said in docs/gorse.md.
"""

from walras.doors.gorse.catalogue import CATALOGUE_ROUTES
from walras.doors.gorse.feedback import FEEDBACK_ROUTES
from walras.doors.gorse.recommend import RECOMMEND_ROUTES

GORSE_ROUTES = [*CATALOGUE_ROUTES, *FEEDBACK_ROUTES, *RECOMMEND_ROUTES]

__all__ = ["GORSE_ROUTES"]
