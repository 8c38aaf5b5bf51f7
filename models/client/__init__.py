"""The client of the recognition processes: a `Recogniser` over HTTP."""
