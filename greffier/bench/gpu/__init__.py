"""Whisper's real shapes with random weights on this device."""
