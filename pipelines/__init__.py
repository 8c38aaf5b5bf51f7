"""What happens to a meeting: values in, values out. No LiveKit, no GPU library, no SQL."""
