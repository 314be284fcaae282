"""Light, dark, or as the system has it."""

from starlette.requests import Request

THEME_COOKIE = "noonbit_theme"
"""studio.js writes it."""
THEMES = {"auto": None, "light": False, "dark": True}
"""Each theme with NiceGUI's word for it."""
THEME_ICONS = {"auto": "brightness_auto", "light": "light_mode", "dark": "dark_mode"}


def theme_of(request: Request) -> str:
    """Return the theme that was chosen."""
    theme = request.cookies.get(THEME_COOKIE, "auto")
    return theme if theme in THEMES else "auto"
