"""A decision, against the same tables as a JDM graph in ``zen-engine`` (a Rust engine, called from Python).

The graph is made from the pack: one decision table node per table, in order, first hit, results passed through. It is
given the flags and the certificate's validity ready-made, which ours works out for itself. Before anything is measured
both must fire the same rows for every one of the facts.
"""

import json
import random
import time
from collections.abc import Callable, Sequence
from datetime import date
from itertools import pairwise
from statistics import median
from typing import Any

from rules.deciding import decide, needs
from rules.engine import Engine, engine_of
from rules.facts import CertificateFacts, Event, Facts, Issuer, MergerRole, Subject, Token
from rules.inputs import PLAIN, known_inputs, roles_for
from rules.loading import load_pack
from rules.pack import Pack
from rules.tables import Row, Table, Values
from tests.bench.result import Result

TODAY = date(2026, 11, 22)
_FACTS, _ROUNDS = 300, 15


def run() -> list[Result]:
    """Facts to the whole answer (put together once per set of rows); the rows alone, which is all the peer gives."""
    import zen  # noqa: PLC0415 - a bench-only dependency: without it only this bench fails, by name

    pack = load_pack()
    chosen = random.Random(68)
    facts = [_some_facts(chosen) for _ in range(_FACTS)]
    decision = zen.ZenEngine().create_decision(json.dumps(_graph(pack)))
    contexts = [_context(pack, one) for one in facts]
    _same_rows(pack, facts, [decision.evaluate(context)["result"] for context in contexts])

    def peer() -> None:
        for context in contexts:
            decision.evaluate(context)

    return [
        _against("decision: whole facts", lambda: _decide_all(pack, facts), peer),
        _against("decision: the rows alone, nothing remembered", lambda: _fire_all(pack, facts), peer),
        _needs(pack, facts),
    ]


def _decide_all(pack: Pack, facts: Sequence[Facts]) -> None:
    for one in facts:
        decide(pack, one, TODAY)


def _fire_all(pack: Pack, facts: Sequence[Facts]) -> None:
    engine = engine_of(pack)
    for one in facts:
        _fired(engine, pack, one)


def _fired(engine: Engine, pack: Pack, facts: Facts) -> tuple[Row, ...]:
    inputs: dict[str, Any] = known_inputs(pack, facts, TODAY)
    return engine.fired(inputs, facts.events or frozenset())


def _needs(pack: Pack, facts: Sequence[Facts]) -> Result:
    """What an open conversation asks: what is still needed, each state met for the first time."""
    half = [facts.model_copy(update={"information_matches": None, "token": None}) for facts in facts]
    times = []
    for one in half:
        start = time.perf_counter_ns()
        needs(pack, one, TODAY)
        times.append((time.perf_counter_ns() - start) / 1e6)
    slow = median(times)
    return Result("decision: what is still to be asked, not met before", slow, None, "ms", None, "< 1", slow < 1)


def _against(name: str, ours: Callable[[], None], peer: Callable[[], None]) -> Result:
    """Interleaved rounds, medians, per decision."""
    ours()
    peer()
    rounds = [(_timed(ours), _timed(peer)) for _ in range(_ROUNDS)]
    mine, theirs = (median(times) / _FACTS for times in zip(*rounds, strict=True))
    ratio = theirs / mine
    return Result(name, mine, theirs, "µs", ratio, ">= 10", ratio >= 10)


def _timed(work: Callable[[], None]) -> float:
    start = time.perf_counter_ns()
    work()
    return (time.perf_counter_ns() - start) / 1e3


def _some_facts(chosen: random.Random) -> Facts:
    facts = Facts(
        subject=chosen.choice(list(Subject)),
        events=frozenset(chosen.sample(list(Event), chosen.randint(0, 3))),
        information_matches=chosen.choice([True, False]),
        token=chosen.choice(list(Token)),
        key_exposed=chosen.random() < 0.2,
        certificate=CertificateFacts(
            not_before=date(2023, 1, 1),
            not_after=chosen.choice([None, date(2026, 11, 16), date(2026, 12, 31), date(2028, 1, 1)]),
            issuer=chosen.choice([*Issuer, Issuer.GOVERNMENT, Issuer.GOVERNMENT]),
        ),
    )
    role = chosen.choice([role for role in MergerRole if role in roles_for(facts)])
    return facts.model_copy(update={"merger_role": role})


def _same_rows(pack: Pack, facts: Sequence[Facts], results: Sequence[dict[str, Any]]) -> None:
    """Stop where the two engines do not decide alike: then there is nothing to compare."""
    engine = engine_of(pack)
    for one, result in zip(facts, results, strict=True):
        mine = {row.id for row in _fired(engine, pack, one)}
        theirs = {value for name, value in result.items() if name.startswith("row_")}
        if mine != theirs:
            raise AssertionError(f"the engines differ for {one}: {mine ^ theirs}")


def _context(pack: Pack, facts: Facts) -> dict[str, Any]:
    known = known_inputs(pack, facts, TODAY)
    plain = {name: value if isinstance(value, bool) else str(value) for name, value in known.items() if name in PLAIN}
    events = facts.events or frozenset()
    return plain | {name: bool(events & of) for name, of in pack.flags.items()} | pack.defaults


def _graph(pack: Pack) -> dict[str, Any]:
    nodes = [
        {"id": "in", "name": "in", "type": "inputNode"},
        *(_node(table) for table in pack.tables),
        {"id": "out", "name": "out", "type": "outputNode"},
    ]
    edges = [
        {"id": f"edge {at}", "type": "edge", "sourceId": source["id"], "targetId": target["id"]}
        for at, (source, target) in enumerate(pairwise(nodes))
    ]
    return {"nodes": nodes, "edges": edges}


def _node(table: Table) -> dict[str, Any]:
    inputs = list(dict.fromkeys((*table.applies, *table.inputs)))
    outputs = [f"row_{table.name}", *([table.gives] if table.gives else [])]
    content = {
        "hitPolicy": "first",
        "passThrough": True,
        "inputField": None,
        "outputPath": None,
        "executionMode": "single",
        "inputs": [{"id": f"in_{name}", "name": name, "field": name} for name in inputs],
        "outputs": [{"id": f"out_{name}", "name": name, "field": name} for name in outputs],
        "rules": [_rule(table, row, inputs, outputs) for row in table.rows],
    }
    return {"id": table.name, "name": table.name, "type": "decisionTableNode", "content": content}


def _rule(table: Table, row: Row, inputs: Sequence[str], outputs: Sequence[str]) -> dict[str, str]:
    conditions = {**table.applies, **row.when}
    results = [row.id, row.result]
    return {
        "_id": row.id,
        **{f"in_{name}": _cell(conditions.get(name)) for name in inputs},
        **{f"out_{name}": json.dumps(result) for name, result in zip(outputs, results, strict=False)},
    }


def _cell(values: Values | None) -> str:
    return ", ".join(json.dumps(value) for value in values) if values else ""
