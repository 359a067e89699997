"""Clock, ids, random streams, settings, errors, limits and log lines.

Everything here is needed by every other room and knows nothing of the business.
It never imports another room. Rooms import its modules directly: `from walras.base import errors`.
"""
