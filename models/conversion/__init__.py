"""Whisper from the Transformers layout to CTranslate2's, without torch."""
