"""What comes back: files gathered, read safely, recognised and rejoined with the form that was issued."""
