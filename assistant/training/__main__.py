"""Runs the recipe: ``python -m assistant.training``."""

from assistant.training.command import main

main()
