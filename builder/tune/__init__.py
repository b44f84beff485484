"""Finds by measuring which rewrites and variants make a model faster, and keeps what was found."""
