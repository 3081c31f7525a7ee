"""A Zalo Official Account to try our side on: strict, over real sockets, with a clock of its own.

No test here was ever held against Zalo itself: it is as strict as what is written about the platform.
"""

from tests.support.zalo.account import Account, OaError, Sent
from tests.support.zalo.server import FakeOa
from tests.support.zalo.zbs import ApprovedText

__all__ = ["Account", "ApprovedText", "FakeOa", "OaError", "Sent"]
