"""What a running broadcast is judged by."""

from bot.delivery.broadcast_sending import ProgressMonitor
from handlers.model import DeliveryCounts


def test_what_went_on_to_another_channel_still_counts_among_the_errors() -> None:
    tally = DeliveryCounts({"sent": 30}, {}, {"failed": 5, "invalid": 5, "blocked": 20})
    assert ProgressMonitor().error_share(tally) == 10 / 40, (
        "a platform that fails is seen although everybody is reached"
    )
