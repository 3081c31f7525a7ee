"""Read certificates out of files that strangers send."""
