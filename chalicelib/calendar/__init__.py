"""When people are free and when they are taken."""
