"""Livematte's build pipeline: a portrait-segmentation model in, a static web page out."""

__version__ = "0.1.0"
