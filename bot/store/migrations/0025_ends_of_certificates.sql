-- The days on which a person's certificates end stand beside the person, as the first, the last, and how many there are:
-- one or two tell by themselves whether any is within a window. Triggers keep it (see ``keeps_ends`` of the drivers).
{unhurried};

ALTER TABLE chats ADD COLUMN first_end BIGINT;
ALTER TABLE chats ADD COLUMN last_end BIGINT;
ALTER TABLE chats ADD COLUMN ends BIGINT NOT NULL DEFAULT 0;

UPDATE chats SET first_end = {first_end}, last_end = {last_end}, ends = {ends}
WHERE EXISTS (SELECT 1 FROM standings s WHERE s.chat = chats.id AND s.not_after IS NOT NULL);

{keeps_ends};

-- Of the audience whose certificates end; few have a third day between the first and the last.
CREATE INDEX chats_ending ON chats (unit, channel, first_end, last_end, consented, stopped_at, blocked_at)
    WHERE erased_at IS NULL AND in_group = 0 AND first_end IS NOT NULL;
CREATE INDEX chats_of_many_ends ON chats (first_end, last_end, id) WHERE ends > 2;

-- Of the statistics: nothing but what they count, for a long index takes longer to read. As an OR the condition would
-- follow from others, and SQLite would take this index for their queries.
DROP INDEX standings_expiring;
CREATE INDEX standings_expiring ON standings (not_after, unit) WHERE not_after IS NOT NULL;
CREATE INDEX standings_known ON standings (unit) WHERE COALESCE(CAST(not_after AS TEXT), owed) IS NOT NULL;
CREATE INDEX requests_by_state ON requests (unit, state);
