-- What is asked of everybody stands beside each person and each certificate: what is left to do. The database keeps it
-- itself, whoever writes to standings and requests and however (see ``keeps_left`` of the drivers): no path can forget it.
{unhurried};

-- Procedures that are owed for a certificate and were not requested, as a sum of the numbers of LEFT_NUMBERS; 1 where one
-- is owed and not done; 1 where there is something to do or to answer and nothing was requested at all; the states that
-- the person's requests are in, as a sum of the numbers of STATE_NUMBERS.
ALTER TABLE chats ADD COLUMN to_do BIGINT NOT NULL DEFAULT 0;
ALTER TABLE chats ADD COLUMN unfinished BIGINT NOT NULL DEFAULT 0;
ALTER TABLE chats ADD COLUMN idle BIGINT NOT NULL DEFAULT 0;
ALTER TABLE chats ADD COLUMN asked BIGINT NOT NULL DEFAULT 0;
-- When the first request for the certificate was registered that counts; NULL: there is none.
ALTER TABLE standings ADD COLUMN requested_at BIGINT;

UPDATE standings SET requested_at = {requested_at} WHERE certificate_key IS NOT NULL;
UPDATE chats SET to_do = {to_do}, unfinished = {unfinished}, idle = {idle}, asked = {asked}
WHERE EXISTS (SELECT 1 FROM standings s WHERE s.chat = chats.id) OR EXISTS (SELECT 1 FROM requests r WHERE r.chat = chats.id);

{keeps_left};

-- Of the audience, without the ids, which are long.
CREATE INDEX chats_counted ON chats (unit, channel, consented, to_do, unfinished, asked, stopped_at, blocked_at)
    WHERE erased_at IS NULL AND in_group = 0;
DROP INDEX chats_glance;
CREATE INDEX chats_glance ON chats
    (id, last_contact_at, unit, channel, language, stopped_at, blocked_at, erased_at, in_group, consented, to_do, unfinished, asked);

-- Of the statistics, unit by unit.
CREATE INDEX chats_idle_of_unit ON chats (unit, last_contact_at) WHERE idle = 1;
DROP INDEX standings_of_unit;
CREATE INDEX standings_of_unit ON standings (unit, not_after, owed, requested_at, known_at);
DROP INDEX standings_expiring;
CREATE INDEX standings_expiring ON standings (not_after, unit, chat) WHERE not_after IS NOT NULL;
CREATE INDEX standings_untouched ON standings (unit) WHERE owed <> '' AND requested_at IS NULL;
CREATE INDEX requests_counted ON requests (unit, state, registered_at, ended_at);

-- Of the burn-down: since when, and until when, something was owed or requested.
CREATE INDEX standings_owed_since ON standings (known_at, requested_at) WHERE owed <> '';
CREATE INDEX standings_owed_until ON standings (requested_at, known_at) WHERE owed <> '' AND requested_at IS NOT NULL;
CREATE INDEX requests_open_since ON requests (registered_at, ended_at)
    WHERE state NOT IN ('draft', 'refused', 'withdrawn');
DROP INDEX requests_ended;
CREATE INDEX requests_ended ON requests (ended_at, registered_at, state) WHERE ended_at IS NOT NULL;

-- What did not arrive is few among all that was sent.
CREATE INDEX outbox_failed ON outbox (settled_at) WHERE state IN ('failed', 'unknown', 'invalid', 'blocked');
