"""The office's desk in the browser: parses requests, calls use cases, renders pages; 127.0.0.1 only."""
