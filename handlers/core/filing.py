"""Where to file, in words: the receiving offices of an answer with address, telephone, e-mail and hours."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from locales import N_, Translator
from rules.deciding import office_notice
from rules.offices import FilingPlace, Office, OfficeStatus, filing_places
from rules.outcome import Decided, Notice
from rules.pack import Pack

#: The notice of a pack on where to file.
FILING_NOTICE = "receiving_office"


def format_office(office: Office, t: Translator) -> str:
    """Format an office with what is known of it, in one line."""
    known = {
        N_("address: {value}"): office.address,
        N_("telephone: {value}"): office.telephone,
        N_("e-mail: {value}"): office.email,
        N_("hours: {value}"): office.hours,
    }
    details = [t(text, value=value) for text, value in known.items() if value]
    return f"{office.name} ({'; '.join(details)})" if details else office.name


def filing_notice(
    pack: Pack, decided: Decided, t: Translator, *, office: str | None = None, units: Sequence[str] = ()
) -> Notice:
    """Return the notice on where to file, in the words of a language: its text is no message id.

    Args:
        pack: The rule pack, with its receiving offices.
        decided: The answer.
        t: The translator.
        office: One office for everything, as the operator has set it; it prevails over the offices of the pack.
        units: The code of the officer's unit and of those above it, the nearest first.
    """
    told = office_notice(pack, office)
    if office:
        return replace(told, text=t(told.text, office=office))
    places = filing_places(pack.offices, decided.actions, units)
    if not any(place.office for place in places):
        return replace(told, text=t(told.text))
    cited = [citation for place in places if place.office for citation in place.office.citations]
    text = " ".join([t(N_("Where to file.")), *_lines(places, t)])
    return replace(told, text=text, citations=tuple(dict.fromkeys(cited)) or told.citations)


def _lines(places: Sequence[FilingPlace], t: Translator) -> Iterator[str]:
    for place in places:
        titles = ", ".join(t(action.title) for action in place.actions)
        if place.office is None:
            yield t(N_("{titles}: not known here, ask your managing body."), titles=titles)
        elif place.office.status is OfficeStatus.CONFIRMED:
            yield f"{titles}: {format_office(place.office, t)}."
        else:
            likely = N_("{titles}: most likely {office}; this is not confirmed, ask your managing body before sending.")
            yield t(likely, titles=titles, office=format_office(place.office, t))
