"""How well a vehicle file predicts recorded flights, open loop."""
