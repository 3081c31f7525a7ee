"""How files and lists that are sent again, or mended, join what stands in a dossier."""

from handlers.dossier.sources import merge_list, merge_reading
from handlers.model import FileProblemKind, ListedCertificate, Source
from tests.unit.handlers.dossier.test_entries import made

A, B = made(), made("Trần Thị B", "0A02")


def archive() -> list[Source]:
    return [
        Source(file="xa.zip/a.cer", certificate=A),
        Source(file="xa.zip/b.cer", certificate=B),
        Source(file="xa.zip/b (2).cer", certificate=B),
        Source(file="xa.zip/hong.cer", trouble=FileProblemKind.BROKEN),
    ]


def test_an_archive_that_is_sent_again_adds_nothing() -> None:
    once = merge_reading([], archive(), "xa.zip")

    assert once == archive()
    assert merge_reading(once, archive(), "xa.zip") == once


def test_a_certificate_that_is_known_under_another_name_keeps_its_place_and_row() -> None:
    row = ListedCertificate(line=2, serial="0A01", note="mất token")
    before = [Source(file="xa.zip/a.cer", certificate=A, listed=row)]

    found = merge_reading(before, [Source(file="a.cer", certificate=A)], "a.cer")
    assert found == [Source(file="a.cer", certificate=A, listed=row)]


def test_a_mended_file_takes_the_place_of_the_broken_one_of_an_archive() -> None:
    found = merge_reading(archive(), [Source(file="hong.cer", certificate=made("Lê C", "0A03"))], "hong.cer")

    assert [one.name for one in found] == ["Nguyễn Văn A", "Trần Thị B", "Trần Thị B", "Lê C"]
    assert not any(one.trouble for one in found)


def test_two_files_of_one_name_with_other_certificates_are_both_kept() -> None:
    before = [Source(file="chung-thu.cer", certificate=A)]

    found = merge_reading(before, [Source(file="chung-thu.cer", certificate=B)], "chung-thu.cer")
    assert [one.name for one in found] == ["Nguyễn Văn A", "Trần Thị B"]


def test_broken_files_of_one_name_in_two_archives_are_both_told() -> None:
    again = [Source(file="ap.zip/hong.cer", trouble=FileProblemKind.BROKEN)]

    assert len(merge_reading(archive(), again, "ap.zip")) == len(archive()) + 1


def test_a_list_that_is_sent_again_takes_the_places_of_its_rows() -> None:
    rows = [
        ListedCertificate(line=2, name="Nguyễn Văn A", serial="0A01"),
        ListedCertificate(line=3, name="Trần Thị B"),
        ListedCertificate(line=4, name="Trần Thị B"),
        ListedCertificate(line=5, name="Lê C", serial="0A03"),
    ]
    once = merge_list([Source(file="a.cer", certificate=A)], rows, "ds.xlsx")
    assert merge_list(once, rows, "ds.xlsx") == once

    mended = rows[3].model_copy(update={"note": "mất token"})
    again = merge_list(once, [*rows[:3], mended], "ds-2.xlsx")
    assert len(again) == len(once)
    assert again[3].listed == mended
