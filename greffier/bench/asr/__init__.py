"""How many speaking tracks one recognition process holds: Greffier and others, alike."""
