"""Connect to Telegram with python-telegram-bot as transport only.

The store keeps the state, the order and the deliveries.
"""
