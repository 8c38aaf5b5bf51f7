"""The `greffier` command, and the place where everything is put together."""
