"""The consolidated report: names and columns of its sheets stand in schemas/report.yml, their lines are made here."""
