"""Minutes from segments: schema, split, map and reduce, grounding, extractive digest."""
