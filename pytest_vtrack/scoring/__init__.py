"""Scorers: what they are, how they are told apart, and running them."""
