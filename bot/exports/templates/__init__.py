"""Hold the official lists as Word files that an office may edit; names in double braces are filled in."""
