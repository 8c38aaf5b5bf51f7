"""What the recognition process and its clients both know: addresses, messages, trace context."""
