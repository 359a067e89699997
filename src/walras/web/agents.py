"""The family of a browser and of its device, read off what it says of itself: enough to be recognised by its owner."""

# The first word found decides: each browser also says the names of those it was made from.
_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("MicroMessenger", "WeChat"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrom", "Chrome"),
    ("Safari", "Safari"),
)
_DEVICES = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("CrOS", "ChromeOS"),
    ("Macintosh", "Mac"),
    ("Linux", "Linux"),
)


def agent_of(user_agent: str) -> str:
    """Such as `Firefox on Linux`; what is not known stays `Another browser`, versions are left out."""
    browser = next((name for word, name in _BROWSERS if word in user_agent), "Another browser")
    device = next((name for word, name in _DEVICES if word in user_agent), "")
    return f"{browser} on {device}" if device else browser


def place_of(address: str) -> str:
    """An address without the part that says which machine: what a person recognises, and no more than that."""
    if ":" in address:
        return ":".join(address.split(":")[:3]) + "::"
    parts = address.split(".")
    return ".".join(parts[:2]) + ".*.*" if len(parts) == 4 else ""
