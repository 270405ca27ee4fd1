"""What accepted returns come to: standing, consolidation, figures, comparison; pure functions over records."""
