"""Clock, ids, random streams, settings, errors, limits, log lines and the connection to the one database.

Everything here is needed by every other room and knows nothing of the business.
It never imports another room. Rooms import its modules directly: `from walras.base import errors`.
"""
