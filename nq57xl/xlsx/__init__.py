"""Workbooks: written in one way, and read from strangers with suspicion."""
