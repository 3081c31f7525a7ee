"""Two databases behind one small interface."""

from bot.store.drivers.base import Call, Driver, Rows, Transaction

__all__ = ["Call", "Driver", "Rows", "Transaction"]
