"""Lets ``python -m assistant`` be the same as ``assistant``."""

from assistant.interfaces.cli import main

main()
