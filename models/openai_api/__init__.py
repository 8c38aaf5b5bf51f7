"""OpenAI's transcription API, served by the recognition process."""
