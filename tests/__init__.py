"""The tests of nq57xl: one file or more for each room, and the helpers that drive other programs."""
