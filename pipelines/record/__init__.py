"""The record's lines: written from segments and gaps, read as a transcript."""
