"""What happened: forms issued, files collected, verdicts, values, events; and files written with care."""
