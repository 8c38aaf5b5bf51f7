"""Whisper on CTranslate2: sound to features, features to tokens, tokens to words."""
