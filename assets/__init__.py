"""What ships beside the code: the demo model with its recipe, the demo meeting."""
