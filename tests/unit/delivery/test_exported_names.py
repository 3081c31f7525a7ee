import types

import pytest

import bot.channels
import bot.channels.telegram
import bot.delivery


@pytest.mark.parametrize("package", [bot.channels, bot.channels.telegram, bot.delivery])
def test_every_exported_name_is_there_and_the_list_is_sorted(package: types.ModuleType) -> None:
    exported = list(package.__all__)
    assert all(hasattr(package, name) for name in exported)
    assert exported == sorted(exported, key=lambda name: (not name.isupper(), name.islower(), name))
