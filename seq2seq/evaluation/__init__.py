"""Scores, each with the signature that repeats it."""
