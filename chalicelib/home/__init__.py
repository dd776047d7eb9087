"""What speaks of lunch and coaching at once."""
