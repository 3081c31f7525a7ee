"""The official lists as Word files: an office may edit them; what stands in double braces is filled in."""
