"""nq57xl: collects reports by Excel, from the master appendix of a plan to the consolidated workbook."""

__version__ = "0.1.0"
