-- Broadcasts, and campaigns, which make one at every step of their plan; who wants no reminders; who works on what.
-- Columns named content, document, findings are sealed. Days are counted as Python's date.toordinal.
CREATE TABLE broadcasts (
    id          TEXT PRIMARY KEY,      -- TB-000012
    parent      TEXT REFERENCES broadcasts (id),  -- the campaign, or the broadcast that somebody wants to hear again
    step        TEXT,                  -- of the parent: "14" (days to the deadline), "later:2026-12-01", "expiry:2026-12-01"
    state       TEXT NOT NULL
                CHECK (state IN ('draft', 'checked', 'approved', 'scheduled', 'running', 'paused', 'finished', 'cancelled')),
    checking    BIGINT NOT NULL DEFAULT 0,  -- 1: its whole list is to be checked
    unit        TEXT REFERENCES units (code),  -- whose admins may see it; NULL: those of everything
    author      TEXT NOT NULL,         -- a grant, or "machine"
    chat        TEXT REFERENCES chats (id) ON DELETE SET NULL,  -- of the author: where it is told how far it is
    approver    TEXT,                  -- a grant, or "machine"
    content     {bytes} NOT NULL,      -- what is said, to whom, by which plan
    document    {bytes},               -- the file that goes along
    findings    {bytes},               -- what the last check found
    recipients  BIGINT NOT NULL DEFAULT 0,  -- as the last check counted them
    frozen_to   TEXT,                  -- the last chat that has its row; NULL: none
    starts_at   BIGINT,
    held_until  BIGINT,                -- nothing leaves before
    why         TEXT,                  -- of the present state: a word of Why
    revision    BIGINT NOT NULL DEFAULT 0,
    created_at  BIGINT NOT NULL,
    changed_at  BIGINT NOT NULL,
    finished_at BIGINT
);

CREATE UNIQUE INDEX broadcasts_once ON broadcasts (parent, step) WHERE parent IS NOT NULL;
CREATE INDEX broadcasts_open ON broadcasts (state, id) WHERE state NOT IN ('finished', 'cancelled');
CREATE INDEX broadcasts_of_chat ON broadcasts (chat) WHERE chat IS NOT NULL;

-- Every move of a broadcast, and every time it was held back.
CREATE TABLE broadcast_moves (
    id        {identity},
    broadcast TEXT NOT NULL REFERENCES broadcasts (id) ON DELETE CASCADE,
    at        BIGINT NOT NULL,
    state     TEXT NOT NULL,
    actor     TEXT NOT NULL,
    why       TEXT
);

CREATE INDEX broadcast_moves_of_one ON broadcast_moves (broadcast, id);

ALTER TABLE outbox ADD COLUMN broadcast TEXT REFERENCES broadcasts (id);
ALTER TABLE outbox ADD COLUMN reason TEXT;  -- why it ended as it did: a word of Reason
ALTER TABLE outbox ADD COLUMN worker TEXT;  -- who has it in hand

DROP INDEX outbox_queued;
CREATE INDEX outbox_queued ON outbox (channel, priority, id) WHERE state = 'queued' AND broadcast IS NULL;
CREATE INDEX outbox_sending ON outbox (channel, worker) WHERE state = 'sending';
CREATE UNIQUE INDEX outbox_of_broadcast ON outbox (broadcast, chat) WHERE broadcast IS NOT NULL;
CREATE INDEX outbox_states ON outbox (broadcast, state, channel, id) WHERE broadcast IS NOT NULL;

ALTER TABLE chats ADD COLUMN stopped_at BIGINT;   -- no reminders from then on
ALTER TABLE chats ADD COLUMN reminded_at BIGINT;  -- the first reminder, which says how to stop, was sent
ALTER TABLE chats ADD COLUMN worker TEXT;         -- who handles its updates
ALTER TABLE chats ADD COLUMN language TEXT;       -- of its session; NULL: not known, or there is none
ALTER TABLE chats ADD COLUMN in_group BIGINT NOT NULL DEFAULT 0;  -- 1: several people read it, who are not written to
ALTER TABLE tasks ADD COLUMN worker TEXT;         -- who is at it

-- In a group nothing is kept, and until now not even that it was one. A person of whom nothing is kept either counts as
-- one until they write.
UPDATE chats SET in_group = 1
WHERE session IS NULL AND unit IS NULL AND erased_at IS NULL
  AND NOT EXISTS (SELECT 1 FROM grants g WHERE g.chat = chats.id)
  AND NOT EXISTS (SELECT 1 FROM requests r WHERE r.chat = chats.id)
  AND NOT EXISTS (SELECT 1 FROM standings s WHERE s.chat = chats.id);

-- What a person answered to a reminder. ``broadcast`` is the campaign, or a broadcast without one.
CREATE TABLE reminder_marks (
    broadcast TEXT NOT NULL REFERENCES broadcasts (id) ON DELETE CASCADE,
    chat      TEXT NOT NULL REFERENCES chats (id) ON DELETE CASCADE,
    done_at   BIGINT,
    later_on  BIGINT,                 -- the day on which the person wants to be reminded again
    PRIMARY KEY (broadcast, chat)
);

CREATE INDEX reminder_marks_later ON reminder_marks (later_on) WHERE later_on IS NOT NULL;
CREATE INDEX reminder_marks_of_chat ON reminder_marks (chat);

-- Which certificate's end a person was reminded of, so many days before it.
CREATE TABLE expiry_reminders (
    standing  TEXT NOT NULL REFERENCES standings (id) ON DELETE CASCADE,
    not_after BIGINT NOT NULL,
    days      BIGINT NOT NULL,
    broadcast TEXT NOT NULL REFERENCES broadcasts (id) ON DELETE CASCADE,
    PRIMARY KEY (standing, not_after, days)
);

CREATE INDEX expiry_reminders_of_broadcast ON expiry_reminders (broadcast);
CREATE INDEX standings_expiring ON standings (not_after) WHERE not_after IS NOT NULL;

-- Who is meant is asked of everybody, what there is still to do of every certificate by procedure: from these indexes
-- alone, for rows with sealed values are long.
DROP INDEX chats_silent;
CREATE INDEX chats_glance ON chats
    (id, last_contact_at, unit, channel, language, stopped_at, blocked_at, erased_at, in_group);
DROP INDEX standings_of_chat;
CREATE INDEX standings_of_chat ON standings (chat, certificate_key, owed, unit, not_after);
DROP INDEX requests_of_certificate;
CREATE INDEX requests_of_certificate ON requests (chat, certificate_key, state, procedure);
CREATE INDEX outbox_reminders ON outbox (chat, state, settled_at, queued_at) WHERE broadcast IS NOT NULL;

-- Processes that handle updates and deliver, as long as they say so.
CREATE TABLE workers (
    id         TEXT NOT NULL,
    channel    TEXT NOT NULL,
    started_at BIGINT NOT NULL,        -- by the database's clock, as seen_at
    seen_at    BIGINT NOT NULL,
    lease      BIGINT NOT NULL,        -- microseconds of silence after which others take over
    PRIMARY KEY (id, channel)
);
