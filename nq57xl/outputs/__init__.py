"""What goes out: the report's workbooks, the document, letters, texts, exports, as bytes."""
