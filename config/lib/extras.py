"""The one door to optional packages."""

from importlib import import_module
from types import ModuleType


class ExtraMissing(Exception):
    """An optional package is not installed; the message names the extra that brings it."""


def load(module: str, *, extra: str) -> ModuleType:
    """Import a module that an extra of Atrium brings.

    Raises: ExtraMissing, if it is not installed.
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        raise ExtraMissing(f"{module} is missing: pip install 'atrium[{extra}]'") from error
