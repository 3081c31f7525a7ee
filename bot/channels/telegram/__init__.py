"""Telegram: python-telegram-bot as transport; state, order and deliveries are the store's."""
