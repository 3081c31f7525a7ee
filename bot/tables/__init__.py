"""Tables in files of strangers: what kind of file it is, in which encoding, how its lines become cells."""
