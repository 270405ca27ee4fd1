"""Programs for those who work on nq57xl; not part of the package."""
