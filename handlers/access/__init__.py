"""Rights: who may do what, how far, and what is masked for those who may not see personal data."""
