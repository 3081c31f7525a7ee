-- Work on the house itself: backups and retention, alarms that are not over, and rows that come from another database.

CREATE TABLE upkeep (
    name      TEXT PRIMARY KEY,       -- backup, retention
    begun_at  BIGINT NOT NULL,        -- of the last try, whatever became of it
    done_at   BIGINT,                 -- of the last one that succeeded
    failed_at BIGINT                  -- of the last one, where it failed
);

CREATE TABLE alarms (
    name    TEXT PRIMARY KEY,         -- the alarm, and what it is about: queue, channel:telegram, broadcast:TB-000012
    since   BIGINT NOT NULL,          -- when the owners were told
    seen_at BIGINT NOT NULL           -- when the reason was last there
);

-- Tables that were copied in whole by a move that has not ended; empty at any other time.
CREATE TABLE copied_tables (
    name   TEXT PRIMARY KEY,          -- "" stands for the database that they come from
    copied BIGINT NOT NULL,           -- rows
    digest TEXT NOT NULL
);
