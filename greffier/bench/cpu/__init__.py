"""Where the CPU seconds go, and how many a second of speech takes."""
