"""The request list as files: for a spreadsheet, for programs, and as the official lists that are signed and sent."""
