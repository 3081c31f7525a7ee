-- Zalo Official Accounts: tokens that are used once, what an account takes, events as they came, windows, receipts.
CREATE TABLE zalo_accounts (
    app             TEXT PRIMARY KEY,  -- id of the app
    tokens          {bytes} NOT NULL,  -- sealed: the pair in use
    expires_at      BIGINT NOT NULL,   -- of the access token
    state           TEXT NOT NULL DEFAULT 'connected' CHECK (state IN ('connected', 'consent_needed')),
    version         BIGINT NOT NULL DEFAULT 1,  -- raised with every pair
    attempts        BIGINT NOT NULL DEFAULT 0,  -- refreshes with this pair of which no answer came
    refresher       TEXT,              -- who is at it
    refreshing_until BIGINT NOT NULL DEFAULT 0, -- for so long nobody else is
    endpoint        TEXT,              -- 'v3' or 'v2', once that is known
    flipped         BIGINT NOT NULL DEFAULT 0,  -- whether the other endpoint was tried already
    buttons         BIGINT NOT NULL DEFAULT 1,  -- whether messages with buttons are taken
    profile         TEXT NOT NULL DEFAULT '{{}}', -- kind, name, package and its end, as JSON
    last_event_at   BIGINT NOT NULL DEFAULT 0,
    spent_month     TEXT NOT NULL DEFAULT '',
    spent           BIGINT NOT NULL DEFAULT 0   -- dong in that month
);

CREATE TABLE zalo_events (
    id          {identity},
    key         TEXT NOT NULL UNIQUE,  -- keyed digest of the event
    payload     {bytes} NOT NULL,      -- sealed: the body as it came
    tries       BIGINT NOT NULL DEFAULT 0,
    received_at BIGINT NOT NULL
);

CREATE TABLE zalo_people (
    chat            TEXT PRIMARY KEY,  -- id of a chat, which may be gone already: then the row goes soon
    last_interaction BIGINT NOT NULL DEFAULT 0,  -- in the platform's time: from here its windows count
    silent_until    BIGINT NOT NULL DEFAULT 0   -- a colleague answers in this chat
);

CREATE INDEX zalo_silent ON zalo_people (silent_until) WHERE silent_until > 0;

CREATE TABLE zalo_receipts (
    message     TEXT PRIMARY KEY,      -- keyed digest of the platform's id of a message
    state       BIGINT NOT NULL,       -- 1 received, 2 seen; it only grows
    at          BIGINT NOT NULL
);
CREATE INDEX zalo_receipts_at ON zalo_receipts (at);
