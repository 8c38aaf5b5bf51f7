"""The record written out, one module a file format."""
