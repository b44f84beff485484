"""Measures mattes: metrics, over folders of pictures and of frames, and a page of the worst."""
