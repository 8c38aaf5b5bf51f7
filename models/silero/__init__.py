"""The Silero network, made anew from its weights to run over many tracks at once."""
