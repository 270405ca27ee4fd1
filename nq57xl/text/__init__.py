"""Vietnamese text, numbers and dates as people type them, normalised once at the border."""
