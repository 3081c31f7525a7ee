-- How much of a channel is used up that gives out so many messages a month; whom it has told what it cannot carry; and
-- links of any purpose, which the program knows.
CREATE TABLE channel_use (
    channel    TEXT PRIMARY KEY,
    month      TEXT NOT NULL,              -- in Viet Nam, such as 2026-11
    sent       BIGINT NOT NULL,            -- messages in that month
    refusals   BIGINT NOT NULL DEFAULT 0,  -- in a row
    rest_until BIGINT NOT NULL DEFAULT 0   -- nothing leaves before
);

CREATE TABLE guided (
    chat TEXT PRIMARY KEY,                 -- perhaps forgotten since
    at   BIGINT NOT NULL
);

DROP INDEX one_time_links_of_chat;
DROP INDEX one_time_links_expiring;
ALTER TABLE one_time_links RENAME TO one_time_links_before;
CREATE TABLE one_time_links (
    digest     TEXT PRIMARY KEY,      -- keyed HMAC of purpose and token; the token itself is nowhere
    purpose    TEXT NOT NULL,
    chat       TEXT NOT NULL,         -- perhaps forgotten since: of whoever only looked in nothing is kept
    origin     TEXT UNIQUE,           -- the message it stands in: sent again, it gets a new one
    about      {bytes},               -- name, media type and size of the file
    content    {bytes},               -- the file
    made_at    BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
INSERT INTO one_time_links (digest, purpose, chat, origin, about, content, made_at, expires_at)
SELECT digest, purpose, chat, origin, about, content, made_at, expires_at FROM one_time_links_before;
DROP TABLE one_time_links_before;
CREATE INDEX one_time_links_of_chat ON one_time_links (chat);
CREATE INDEX one_time_links_expiring ON one_time_links (expires_at);
