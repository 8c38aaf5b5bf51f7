"""What Greffier and others hold, cost and get right, measured alike; a package a command."""
