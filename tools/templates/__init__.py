"""Generate the Word templates of the official lists."""
