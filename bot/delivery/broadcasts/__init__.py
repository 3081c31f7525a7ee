"""Broadcasts on their way: the scheduler, the sending of one, and notices to its author."""
