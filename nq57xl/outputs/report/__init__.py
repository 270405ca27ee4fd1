"""The consolidated report: a file for each sheet."""
