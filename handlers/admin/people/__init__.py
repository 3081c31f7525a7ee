"""Roles of people, and invitations to them."""
