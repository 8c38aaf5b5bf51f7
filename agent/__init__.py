"""The LiveKit edge: joins a room hidden, turns tracks into frames and events into captions."""
