"""Recorded real flights: found, read, checked."""
