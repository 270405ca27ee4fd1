"""Use cases: each module wires the rooms for one command. They return results; the click layer prints them."""
