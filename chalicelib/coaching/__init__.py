"""Coaching calls: office hours, slots, appointments."""
