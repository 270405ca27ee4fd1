"""Forms: from the plan to one workbook for each unit; built, laid out and rendered."""
