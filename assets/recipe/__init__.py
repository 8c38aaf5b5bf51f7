"""Recipe of the small demonstration Whisper model: data, training, conversion and evaluation."""
