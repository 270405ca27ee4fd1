"""The office's own hand: bien-tap.xlsx written, read and judged."""
