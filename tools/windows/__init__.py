"""The program for Windows: a zip that an office unpacks and double-clicks. See docs/windows.md."""
