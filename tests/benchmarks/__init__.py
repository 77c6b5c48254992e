"""Run by hand: what takes long, or measures time."""
