"""Captions measured: meetings through the true pipeline, against what was truly said."""
