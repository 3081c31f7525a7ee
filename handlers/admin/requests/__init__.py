"""The request list: filters, pages, moves."""
