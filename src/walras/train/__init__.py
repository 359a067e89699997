"""PyTorch, as programs: the log becomes a text model, a sequence model and a ranker, judged beside the baselines.

Made from what `events` has written and read as `features` and `ranking` read it; bundles go to `world`, which serving
loads. Other rooms name the module they need, since this door loads nothing: no serving process ever imports PyTorch.
"""
