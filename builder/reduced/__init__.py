"""The inference runtime without the functions that a site's models never call."""
