"""The plan: its master appendix read, written and understood; periods, deadlines, targets, units; lint and show."""
