"""The `hil` command. The only package that prints; every command imports what it needs when it runs."""

from hil.cli.main import main

__all__ = ["main"]
