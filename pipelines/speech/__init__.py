"""Where speech is in a track's samples, and where it is cut into utterances."""
