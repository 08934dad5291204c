"""Stage 8, present: the command line, the browser app and what they share. Interfaces contain no decisions."""
