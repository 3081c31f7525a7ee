-- Whether a person has agreed that data about them are kept: 1 as long as their session says so. NULL: the sealed session
-- of an earlier version, looked into when the store is opened.
ALTER TABLE chats ADD COLUMN consented BIGINT DEFAULT 0;

UPDATE chats SET consented = NULL WHERE session IS NOT NULL;

CREATE INDEX chats_consent_unread ON chats (id) WHERE consented IS NULL;
CREATE INDEX chats_undecided ON chats (last_contact_at) WHERE consented = 0;

-- Of those who declined, of groups, and of whoever had everything deleted and came back without agreeing, earlier versions
-- kept the address.
UPDATE chats SET erased_at = last_contact_at
WHERE session IS NULL AND erased_at IS NULL
  AND NOT EXISTS (SELECT 1 FROM grants g WHERE g.chat = chats.id AND g.ended_at IS NULL)
  AND NOT EXISTS (SELECT 1 FROM inbox i WHERE i.chat = chats.id AND i.state = 'waiting');

DROP INDEX chats_glance;
CREATE INDEX chats_glance ON chats
    (id, last_contact_at, unit, channel, language, stopped_at, blocked_at, erased_at, in_group, consented);
