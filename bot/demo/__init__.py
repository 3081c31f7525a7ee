"""A made-up province for trying, teaching and measuring: every name in it says "Mẫu", nobody is behind it."""
