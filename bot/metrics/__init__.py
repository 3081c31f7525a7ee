"""What monitoring may know: how much waits, how long turns take, what fails. Never anything of a person.

``Metrics`` counts nothing and is what every part has by default; ``bot.metrics.prometheus`` has one that counts.
"""
