"""The prompts of the LLM, as files, in French and English, versioned."""
