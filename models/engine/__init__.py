"""One thread owns the models; requests wait in front of it, in the order they are due."""
