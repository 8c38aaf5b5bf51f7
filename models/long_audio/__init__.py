"""A whole recording through the engine: read, cut at pauses, heard, written as segments."""
