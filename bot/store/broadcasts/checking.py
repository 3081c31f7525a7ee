"""The whole list, gone through before anything is sent: what stands against it, with the people it is about."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.store import places
from bot.store.broadcasts.filling import Filling
from bot.store.broadcasts.looking import counted
from bot.store.broadcasts.people import PAGE, Person, Roll
from bot.store.broadcasts.written import Written, read_written
from bot.store.drivers import Call, Driver
from bot.store.errors import TurnTaken
from bot.store.moments import stored
from bot.store.office.filtering import Meant
from bot.store.office.reaching import reaching
from bot.store.sealing import Keyring
from handlers.broadcasts.model import Checked, Life, Plan, Problem, Reason, Trouble, Values, person_code
from handlers.broadcasts.policy import Policy
from handlers.broadcasts.rendering import rendered
from handlers.broadcasts.template import Template, missing, parse, problems
from rules.calendar import VIETNAM
