"""Calling several cases at once, ahead of the items that report them."""
