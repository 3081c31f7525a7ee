"""The package's public names."""

import bot.certificates

PUBLIC = {"CertificateReader", "EMPTY", "LIMITS", "Limits", "TrustStore", "Validity", "in_date", "read"}


def test_every_exported_name_is_there_and_nothing_else() -> None:
    assert set(bot.certificates.__all__) == PUBLIC
    assert all(hasattr(bot.certificates, name) for name in PUBLIC)
