"""Captions of people on weak networks: a bad link, and what comes through it."""
