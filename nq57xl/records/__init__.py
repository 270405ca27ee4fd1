"""Plain frozen data that passes between the rooms; no behaviour beyond what a record says of itself."""
