"""The thin room and token service."""
