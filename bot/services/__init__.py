"""The use cases: rights, reasons, notices, journal and masking are decided here, above the repositories."""
