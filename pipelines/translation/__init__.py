"""Finals in other languages, for readers who don't know the speaker's."""
