"""A vehicle file from recorded flights, with the uncertainty of every number."""
