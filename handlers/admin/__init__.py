"""The conversation with people who have a role: requests, exports, imports, people, statistics, the journal."""
