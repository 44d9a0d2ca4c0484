"""Tasks and the reference trajectories they give."""
