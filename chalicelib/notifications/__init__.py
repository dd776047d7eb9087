"""What is told to people after something happened."""
