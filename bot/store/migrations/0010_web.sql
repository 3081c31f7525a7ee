-- What is fetched once through a browser, and the conversations of the web chat. Columns named about, content and
-- payload are sealed.
CREATE TABLE one_time_links (
    digest     TEXT PRIMARY KEY,      -- keyed HMAC of purpose and token; the token itself is nowhere
    purpose    TEXT NOT NULL CHECK (purpose IN ('file', 'continue', 'code', 'sign_in')),
    chat       TEXT NOT NULL,         -- perhaps forgotten since: of whoever only looked in nothing is kept
    origin     TEXT UNIQUE,           -- the message it stands in: sent again, it gets a new one
    about      {bytes},               -- name, media type and size of the file
    content    {bytes},               -- the file
    made_at    BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);

CREATE INDEX one_time_links_of_chat ON one_time_links (chat);
CREATE INDEX one_time_links_expiring ON one_time_links (expires_at);

-- Rows of the web chat outlast their chat for a while: its last words are still to be read.
CREATE TABLE web_chats (
    chat       TEXT PRIMARY KEY,
    latest     BIGINT NOT NULL,       -- version of its newest message
    changed_at BIGINT NOT NULL,
    ended      BIGINT NOT NULL DEFAULT 0  -- 1: the person wanted to be forgotten; its browsers begin anew
);

CREATE TABLE web_browsers (
    digest  TEXT PRIMARY KEY,         -- keyed HMAC of the cookie
    chat    TEXT NOT NULL,
    address {bytes} NOT NULL,         -- of the chat: it is written to before it is known
    seen_at BIGINT NOT NULL
);

CREATE INDEX web_browsers_of_chat ON web_browsers (chat);

CREATE TABLE web_messages (
    id      {identity},
    chat    TEXT NOT NULL,
    origin  TEXT NOT NULL,            -- the update, or the message of the outbox: each stands here once
    version BIGINT NOT NULL,          -- of its last change; the streams of browsers go on from there
    payload {bytes},                  -- NULL: deleted
    at      BIGINT NOT NULL,
    UNIQUE (chat, origin)
);

CREATE INDEX web_messages_changed ON web_messages (chat, version);

CREATE TABLE web_files (
    id      TEXT PRIMARY KEY,
    chat    TEXT NOT NULL,
    upload  TEXT,                     -- the update that brought it; NULL: a document of ours
    about   {bytes} NOT NULL,         -- name, media type and size
    content {bytes} NOT NULL,
    at      BIGINT NOT NULL
);

CREATE INDEX web_files_of_chat ON web_files (chat);
