"""Read tables from files of strangers: detect the format and the encoding, and split lines into cells."""
