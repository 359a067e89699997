"""The line's screens in the consoles: the creator centre, the review queue, and the editor of topics and events.

They give HTML made of the trade's own answers, each maker her own figures and each reviewer the queue.
They decide nothing: a verdict goes through publishing, a description through topics, an answer through comments.
"""

from walras.lines.video.pages.desks import DESKS, counts_of, desk_routes

__all__ = ["DESKS", "counts_of", "desk_routes"]
