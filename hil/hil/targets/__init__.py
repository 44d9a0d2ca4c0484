"""Rigs that take set-points and give samples."""
