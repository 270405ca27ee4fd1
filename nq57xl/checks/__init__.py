"""Checks: pandera over one frame for each kind of row, for all returns of a run; what concerns several units apart."""
