"""What a room costs by the number of people in it: real server, real worker, real WebRTC."""
