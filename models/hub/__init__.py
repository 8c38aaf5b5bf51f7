"""Models from a hub into the store."""
