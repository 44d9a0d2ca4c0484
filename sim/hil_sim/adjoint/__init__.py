"""Gradients of the simulator's equations, taken from their one source and compiled for many vehicles."""
