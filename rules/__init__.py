"""What the law says: a pack of TOML and pure functions over it."""
