"""Controllers side by side: one file of conditions, each flown by every controller from the same seeds."""
