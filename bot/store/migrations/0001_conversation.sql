-- Chats, what came in, what goes out. {identity} and {bytes} are the database's own words for a counted key and for bytes.
-- Times are microseconds since 1970 in UTC. Columns named address, session, payload, message are sealed.

CREATE TABLE chats (
    id              TEXT PRIMARY KEY,  -- keyed HMAC of channel and address
    channel         TEXT NOT NULL,
    address         {bytes} NOT NULL,
    session         {bytes},
    first_contact_at BIGINT NOT NULL,
    last_contact_at BIGINT NOT NULL,
    blocked_at      BIGINT,            -- the person stopped the bot
    erased_at       BIGINT             -- the person asked to be forgotten; the row goes with its last message
);

CREATE INDEX chats_idle ON chats (last_contact_at);

CREATE TABLE inbox (
    id          {identity},
    channel     TEXT NOT NULL,
    update_id   TEXT NOT NULL,
    chat        TEXT REFERENCES chats (id) ON DELETE SET NULL,
    payload     {bytes},               -- NULL once handled
    state       TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'done', 'failed')),
    turn        BIGINT,                -- of a follow-up: the update it follows, whose place in the order it keeps
    received_at BIGINT NOT NULL,
    handled_at  BIGINT,
    UNIQUE (channel, update_id)
);

CREATE INDEX inbox_of_chat ON inbox (chat, state);
CREATE INDEX inbox_waiting ON inbox (channel, chat) WHERE state = 'waiting';
CREATE INDEX inbox_handled ON inbox (handled_at) WHERE state IN ('done', 'failed');

CREATE TABLE outbox (
    id         {identity},
    origin     TEXT NOT NULL UNIQUE,   -- what asked for it, so that nothing is queued twice
    chat       TEXT NOT NULL REFERENCES chats (id) ON DELETE CASCADE,
    channel    TEXT NOT NULL,
    payload    {bytes},                -- NULL once sent
    message    {bytes},                -- the platform's id of what was sent
    priority   BIGINT NOT NULL,
    state      TEXT NOT NULL DEFAULT 'queued'
               CHECK (state IN ('queued', 'sending', 'sent', 'blocked', 'invalid', 'failed', 'skipped', 'unknown')),
    attempts   BIGINT NOT NULL DEFAULT 0,
    queued_at  BIGINT NOT NULL,
    due_at     BIGINT NOT NULL,
    settled_at BIGINT
);

CREATE INDEX outbox_queued ON outbox (channel, priority, id) WHERE state = 'queued';
CREATE INDEX outbox_of_chat ON outbox (chat, state);
CREATE INDEX outbox_settled ON outbox (settled_at) WHERE settled_at IS NOT NULL;

-- One row: a keyed HMAC by which a database knows the key file it belongs to.
CREATE TABLE keyring (
    mark TEXT PRIMARY KEY
);
