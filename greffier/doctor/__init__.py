"""`greffier doctor`: looks at every part that the settings name; a line each, with the mend."""
