"""The use cases: rights, states, reasons, notices, journal and masking are decided here, above the repositories."""
