"""What of an utterance is shown while it goes on, and what of that stays."""
