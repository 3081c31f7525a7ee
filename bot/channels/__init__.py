"""Ways to a person: what delivery asks of a channel, how a reply becomes its messages, and the channels themselves."""
