"""Export the request list: as a spreadsheet, as data for programs, and as official lists to sign and send."""
