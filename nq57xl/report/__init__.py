"""The consolidated report: accepted returns beside the plan, as workbooks, texts and JSON."""
