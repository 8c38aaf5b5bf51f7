"""The recognition process: models found and tested, HTTP before the engine, its figures."""
