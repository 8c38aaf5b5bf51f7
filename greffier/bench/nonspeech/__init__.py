"""Sound in which nobody says anything, made by code: what a microphone hears between turns."""
