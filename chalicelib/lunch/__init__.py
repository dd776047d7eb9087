"""Lunches: places, food, the weekly matcher, what became of it."""
