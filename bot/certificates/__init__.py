"""Reading certificates out of the files of strangers."""
