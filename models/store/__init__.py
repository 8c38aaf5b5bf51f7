"""The folder of models on this machine, and what says that they are whole."""
