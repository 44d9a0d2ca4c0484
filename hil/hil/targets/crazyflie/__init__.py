"""A Crazyflie with its on-board controller, real or virtual, through cflib; the only folder that imports it."""
