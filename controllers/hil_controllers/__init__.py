"""Controllers that decide motor commands."""
