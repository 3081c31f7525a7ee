-- One person on several channels. What a person said, asked for or was given stays with the chat where that was; here
-- stands only which chats are one person's, and in which order reminders go there.
CREATE TABLE person_channels (
    chat      TEXT PRIMARY KEY REFERENCES chats (id) ON DELETE CASCADE,
    person    TEXT NOT NULL,          -- the same for all chats of one person, and made anew whenever they change
    place     BIGINT NOT NULL,        -- a reminder goes to the lowest that can be reached
    linked_at BIGINT NOT NULL
);

CREATE INDEX person_channels_of_person ON person_channels (person, place, chat);

-- A code that links two chats, until both have agreed: one for each chat that shows it.
CREATE TABLE channel_offers (
    chat       TEXT PRIMARY KEY REFERENCES chats (id) ON DELETE CASCADE,
    digest     TEXT NOT NULL UNIQUE,  -- keyed HMAC of the code; the code itself is nowhere
    taker      TEXT REFERENCES chats (id) ON DELETE CASCADE,  -- where it was typed
    state      TEXT NOT NULL CHECK (state IN ('shown', 'typed', 'agreed')),
    expires_at BIGINT NOT NULL
);

CREATE INDEX channel_offers_of_taker ON channel_offers (taker) WHERE taker IS NOT NULL;

-- Wrong codes of a chat since a moment: after a few of them none is looked up for a while.
CREATE TABLE channel_guesses (
    chat  TEXT PRIMARY KEY REFERENCES chats (id) ON DELETE CASCADE,
    since BIGINT NOT NULL,
    wrong BIGINT NOT NULL
);

-- A message of a broadcast may go to another chat of the person than the one by which they are meant. NULL: it does not.
ALTER TABLE outbox ADD COLUMN meant TEXT;
CREATE INDEX outbox_of_people ON outbox (broadcast, COALESCE(meant, chat)) WHERE broadcast IS NOT NULL;

-- A confirmed e-mail address is a channel of its person.
INSERT INTO person_channels (chat, person, place, linked_at)
SELECT owner, owner, 2, confirmed_at FROM email_contacts WHERE confirmed_at IS NOT NULL;
INSERT INTO person_channels (chat, person, place, linked_at)
SELECT chat, owner, CASE WHEN first = 1 THEN 1 ELSE 3 END, confirmed_at FROM email_contacts WHERE confirmed_at IS NOT NULL;
