"""Samples in, text out. Nothing here knows of meetings."""
