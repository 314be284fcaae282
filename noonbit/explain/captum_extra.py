"""captum, which is an extra: `pip install 'noonbit[explain]'`."""

from types import ModuleType

from noonbit.errors import MissingExtra


def import_captum() -> ModuleType:
    """Return `captum.attr`; raises `MissingExtra` where it is not installed."""
    try:
        import captum.attr
    except ImportError:
        raise MissingExtra(
            "The regions that decided are computed by captum, which is not installed: "
            "python -m pip install 'noonbit[explain]'."
        ) from None
    module: ModuleType = captum.attr
    return module
