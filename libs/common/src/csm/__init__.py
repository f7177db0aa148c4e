"""What every CSM service shares; each module is one topic and has at least two users."""
