"""Use cases: each module wires the rooms for the commands that its first line names, and returns results."""
