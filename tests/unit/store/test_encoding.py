"""What of a content is read without its decision: everything else, whatever the texts are."""

import json

from hypothesis import given
from hypothesis import strategies as st

from bot.store.encoding import cut_decision
from handlers.model.request import RequestContent
from tests.support.storing import content

TEXTS = st.text() | st.sampled_from(['"', '",', "\\", '","pack":"', ',"decision":"', '\\","pack":"x', "x" * 5_000])


@given(TEXTS, TEXTS, TEXTS, st.dictionaries(st.sampled_from(["new_name", "new_unit"]), TEXTS))
def test_the_decision_alone_is_cut_out(decision: str, subscriber: str, pack: str, news: dict[str, str]) -> None:
    texts = {"decision": decision, "subscriber": subscriber, "pack": pack, "news": news}
    told = RequestContent.model_validate(content().model_dump() | texts)

    kept = json.loads(cut_decision(told.model_dump_json().encode()))

    assert kept == {name: value for name, value in told.model_dump(mode="json").items() if name != "decision"}


def test_a_content_in_another_order_stays_whole() -> None:
    fields = dict(reversed(content().model_dump(mode="json").items()))
    turned = json.dumps(fields, separators=(",", ":")).encode()

    assert cut_decision(turned) == turned
