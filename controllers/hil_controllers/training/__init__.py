"""Training of networks on the simulator's own equations; needs the extra `train` (torch, numba)."""
