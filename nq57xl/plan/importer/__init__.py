"""From the plan's own document to a plan: readers, headings, rows, properties, units, and what a person must review."""
