"""A Crazyflie in a process: its radio protocol over UDP, the simulator and an on-board controller inside."""
