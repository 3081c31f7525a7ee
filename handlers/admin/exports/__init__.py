"""Exports of the request list, ordered in a chat."""
