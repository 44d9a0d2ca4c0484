"""The vehicles that ship, one TOML file each; `hil_sim.vehicle_files` reads them."""
