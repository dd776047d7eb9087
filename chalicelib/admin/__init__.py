"""What an admin sees and decides."""
