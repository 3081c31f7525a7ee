"""Roles and invitations."""
