"""Judges: scorers that ask a model."""
