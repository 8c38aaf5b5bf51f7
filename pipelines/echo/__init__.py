"""Whose voice it is: another's, come in by loudspeaker and microphone, or the speaker's own."""
