"""Other libraries' errors as a part of one's own one-line message."""


def one_line(error: BaseException | str) -> str:
    """Return an error's text on one line, without control characters (some quote file contents)."""
    text = " ".join(str(error).split())
    return "".join(char if char.isprintable() else "?" for char in text)
