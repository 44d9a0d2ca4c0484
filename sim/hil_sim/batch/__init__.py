"""Many vehicles at once: the equations of `hil_sim.dynamics` over thousands of vehicles, the same bits as one alone."""
