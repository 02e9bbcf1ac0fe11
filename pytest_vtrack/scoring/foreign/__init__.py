"""Scorers of other libraries, used as they are; who gives no object of a library never imports it."""
