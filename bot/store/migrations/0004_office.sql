-- What the admins' side needs: units, roles and invitations, the register of certificates, tasks, the audit chain; and
-- requests that can be found by unit, day, certificate expiry and words. The counts of the picture are read from indexes
-- alone: rows with sealed values are long. Days are counted as Python's date.toordinal.
CREATE TABLE units (
    code      TEXT PRIMARY KEY,
    parent    TEXT REFERENCES units (code),
    name      TEXT NOT NULL,
    closed_on BIGINT,                 -- the day from which the unit is no more
    place     BIGINT NOT NULL,        -- in a walk of the tree, parents first
    last      BIGINT NOT NULL         -- place of the last unit below it: a subtree is place..last
);

CREATE INDEX units_place ON units (place);

CREATE TABLE unit_names (
    unit TEXT NOT NULL REFERENCES units (code) ON DELETE CASCADE,
    name TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('alias', 'former')),
    PRIMARY KEY (unit, name)
);

CREATE TABLE unit_successions (
    former    TEXT NOT NULL REFERENCES units (code) ON DELETE CASCADE,
    successor TEXT NOT NULL REFERENCES units (code) ON DELETE CASCADE,
    became    TEXT NOT NULL CHECK (became IN ('merged_into_new', 'merged_into_existing', 'renamed', 'split', 'ended')),
    since     BIGINT NOT NULL,
    source    TEXT NOT NULL,          -- the document that says so
    PRIMARY KEY (former, successor)
);

ALTER TABLE chats ADD COLUMN unit TEXT REFERENCES units (code);

CREATE INDEX chats_of_unit ON chats (unit) WHERE unit IS NOT NULL;
CREATE INDEX chats_silent ON chats (id, last_contact_at, unit);

ALTER TABLE requests ADD COLUMN unit TEXT REFERENCES units (code);
ALTER TABLE requests ADD COLUMN registered_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE requests ADD COLUMN changed_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE requests ADD COLUMN not_after BIGINT;
ALTER TABLE requests ADD COLUMN revision BIGINT NOT NULL DEFAULT 0;
ALTER TABLE requests ADD COLUMN indexed BIGINT NOT NULL DEFAULT 0;

ALTER TABLE request_history ADD COLUMN revision BIGINT NOT NULL DEFAULT 0;
ALTER TABLE request_history ADD COLUMN note {bytes};

UPDATE request_history SET revision = (
    SELECT COUNT(*) FROM request_history o WHERE o.code = request_history.code AND o.id < request_history.id);
UPDATE requests SET
    revision = COALESCE((SELECT MAX(h.revision) FROM request_history h WHERE h.code = requests.code), 0),
    registered_at = COALESCE((SELECT MIN(h.at) FROM request_history h WHERE h.code = requests.code), 0),
    changed_at = COALESCE((SELECT MAX(h.at) FROM request_history h WHERE h.code = requests.code), 0);

CREATE UNIQUE INDEX requests_number ON requests (number);
-- The request list reads these two only: whatever is filtered by stands in them, beside kilobytes of sealed content.
CREATE INDEX requests_listed ON requests (number, unit, state, procedure, registered_at, not_after);
CREATE INDEX requests_of_unit ON requests (unit, number, state, procedure, registered_at, not_after);
CREATE INDEX requests_of_certificate ON requests (chat, certificate_key, state);
CREATE INDEX requests_to_index ON requests (number) WHERE indexed = 0;

CREATE TABLE request_words (
    word   TEXT NOT NULL,             -- keyed HMAC of a folded word of the request; of one that is open to all, two
    number BIGINT NOT NULL REFERENCES requests (number) ON DELETE CASCADE,
    PRIMARY KEY (word, number)
);

CREATE INDEX request_words_of_request ON request_words (number);

CREATE TABLE request_word_lists (
    number     {row_number} REFERENCES requests (number) ON DELETE CASCADE,
    words      TEXT NOT NULL,         -- the same digests in ascending order, with blanks between them
    open_words TEXT NOT NULL          -- those of words that are open to all, apart: a look goes through one text only
);

CREATE TABLE grants (
    id         TEXT PRIMARY KEY,      -- QT-000012
    chat       TEXT NOT NULL REFERENCES chats (id) ON DELETE CASCADE,
    role       TEXT NOT NULL CHECK (role IN ('owner', 'admin', 'focal')),
    unit       TEXT REFERENCES units (code),  -- with all below it; NULL: everything
    label      {bytes},               -- how the one who invited calls the person
    granted_at BIGINT NOT NULL,
    granted_by TEXT NOT NULL,
    ended_at   BIGINT,
    ended_by   TEXT
);

CREATE INDEX grants_of_chat ON grants (chat);
CREATE UNIQUE INDEX grants_once ON grants (chat, role, COALESCE(unit, '')) WHERE ended_at IS NULL;

CREATE TABLE invitations (
    id         TEXT PRIMARY KEY,      -- LM-000012
    code       TEXT NOT NULL UNIQUE,  -- keyed HMAC of the code that opens it once
    role       TEXT NOT NULL CHECK (role IN ('owner', 'admin', 'focal')),
    unit       TEXT REFERENCES units (code),
    label      {bytes},
    created_at BIGINT NOT NULL,
    created_by TEXT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at    BIGINT,
    ended_at   BIGINT
);

CREATE TABLE standings (
    id              TEXT PRIMARY KEY, -- chat and number of the interview
    chat            TEXT NOT NULL REFERENCES chats (id) ON DELETE CASCADE,
    unit            TEXT REFERENCES units (code),
    certificate_key TEXT,             -- keyed HMAC, as in requests
    not_after       BIGINT,
    owed            TEXT,             -- procedures that can be registered, by commas; NULL: not decided yet
    subscriber      {bytes},          -- name on the certificate
    known_at        BIGINT NOT NULL,
    changed_at      BIGINT NOT NULL
);

CREATE INDEX standings_of_chat ON standings (chat, certificate_key, owed, unit);
CREATE INDEX standings_of_unit ON standings (unit, not_after, owed);

CREATE TABLE tasks (
    id         TEXT PRIMARY KEY,      -- XD-000012
    chat       TEXT NOT NULL REFERENCES chats (id) ON DELETE CASCADE,
    kind       TEXT NOT NULL,
    state      TEXT NOT NULL CHECK (state IN ('queued', 'running', 'done', 'failed', 'cancelled')),
    spec       {bytes} NOT NULL,      -- what is to be done
    progress   TEXT,                  -- origin of the message that shows how far it is
    done       BIGINT NOT NULL DEFAULT 0,
    total      BIGINT NOT NULL DEFAULT 0,
    created_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL
);

CREATE INDEX tasks_open ON tasks (state, id) WHERE state IN ('queued', 'running');
CREATE INDEX tasks_of_chat ON tasks (chat);

CREATE TABLE audit (
    number   BIGINT PRIMARY KEY,
    at       BIGINT NOT NULL,
    actor    TEXT NOT NULL,           -- a grant, "machine", or "subscriber"
    act      TEXT NOT NULL,
    subject  TEXT NOT NULL,           -- codes only, never a name
    unit     TEXT,                    -- whose admins may read the row; NULL: those of everything
    count    BIGINT NOT NULL,
    channel  TEXT NOT NULL,
    previous TEXT NOT NULL,           -- hash of the row before
    hash     TEXT NOT NULL            -- keyed HMAC of all the above
);

CREATE TABLE audit_head (
    id     BIGINT PRIMARY KEY CHECK (id = 1),
    number BIGINT NOT NULL,           -- of the last row: a missing end shows
    hash   TEXT NOT NULL              -- of the last row
);
