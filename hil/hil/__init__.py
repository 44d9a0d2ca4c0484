"""Hardware-in-the-loop test bench for Crazyflie flight controllers."""

__version__ = "0.1.0"
