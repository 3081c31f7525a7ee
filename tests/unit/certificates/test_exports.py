"""The package's public names."""

import bot.certificates


def test_every_exported_name_is_there_and_nothing_public_is_left_out() -> None:
    assert sorted(bot.certificates.__all__, key=str.lower) == sorted(
        {"CertificateReader", "EMPTY", "LIMITS", "Limits", "TrustStore", "Validity", "in_date", "read"}, key=str.lower
    )
    assert all(hasattr(bot.certificates, name) for name in bot.certificates.__all__)
