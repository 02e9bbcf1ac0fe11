"""Classes given as scorers: one of them stands for an object made without settings."""

from __future__ import annotations

from pytest_vtrack.errors import ScorerError


def instance_of(class_: type, where: str) -> object:
    """Return an object of a class that is a scorer.

    :raises ScorerError: its objects cannot be called, or need settings.
    """
    if not any("__call__" in vars(each) for each in class_.__mro__):
        raise ScorerError(f"{where}: objects of class {class_.__name__} cannot be called; give it a __call__")
    try:
        made: object = class_()
    except Exception as error:  # the constructor is the user's: it may fail in any way
        raise ScorerError(
            f"{where}: {class_.__name__} is a class, and cannot be made without settings "
            f"({type(error).__name__}: {error}); give an instance: {class_.__name__}(…)"
        ) from error
    return made
