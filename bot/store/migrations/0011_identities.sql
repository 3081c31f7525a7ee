-- By when the personal numbers in a session must be gone (microseconds); NULL: there are none.
ALTER TABLE chats ADD COLUMN identity_until BIGINT;
CREATE INDEX chats_identity_until ON chats (identity_until) WHERE identity_until IS NOT NULL;
