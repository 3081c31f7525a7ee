-- Nobody's rows stand in the way of others: what cannot be handled is set aside after so many tries, a crash included, and
-- what waits to be sent leaves in turns of its people.
ALTER TABLE inbox ADD COLUMN tries BIGINT NOT NULL DEFAULT 0;     -- how often it was taken in hand; raised before it is handled
ALTER TABLE outbox ADD COLUMN crashes BIGINT NOT NULL DEFAULT 0;  -- how often whoever had it in hand died
ALTER TABLE tasks ADD COLUMN tries BIGINT NOT NULL DEFAULT 0;     -- as in inbox
ALTER TABLE outbox ADD COLUMN place BIGINT NOT NULL DEFAULT 0;    -- the round of the queue in which it leaves, twice; odd: later in it

DROP INDEX outbox_queued;
CREATE INDEX outbox_queued ON outbox (channel, priority, place, id) WHERE state = 'queued' AND broadcast IS NULL;
-- With the id: what a person has been told, or has sent, is read page by page.
DROP INDEX outbox_of_chat;
CREATE INDEX outbox_of_chat ON outbox (chat, state, id);
DROP INDEX inbox_of_chat;
CREATE INDEX inbox_of_chat ON inbox (chat, state, id);
