"""The request list for people with a role: filters, pages and moves."""
