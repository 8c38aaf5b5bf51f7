"""The demo: a real meeting of three minutes, played by virtual participants over WebRTC."""
