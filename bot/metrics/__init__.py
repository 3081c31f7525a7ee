"""Count what monitoring may know: waiting rows, the duration of turns, and failures; never anything about a person.

``Metrics`` counts nothing and is the default everywhere; ``bot.metrics.prometheus`` counts.
"""
