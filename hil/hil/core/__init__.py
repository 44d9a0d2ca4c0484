"""The vocabulary every other package speaks: types, frames, units, errors, clock, chance. Imports numpy only."""
