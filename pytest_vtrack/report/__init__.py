"""Showing: one view of a comparison, and the screens made from it."""
