-- What is past its time is found page by page, in an order that many rows of one moment do not slow down.
DROP INDEX chats_idle;
CREATE INDEX chats_idle ON chats (last_contact_at, id);
DROP INDEX chats_undecided;
CREATE INDEX chats_undecided ON chats (last_contact_at, id) WHERE consented = 0;
CREATE INDEX chats_erased ON chats (erased_at, id) WHERE erased_at IS NOT NULL;
DROP INDEX chats_identity_until;
CREATE INDEX chats_identity_until ON chats (identity_until, id) WHERE identity_until IS NOT NULL;
CREATE INDEX web_messages_at ON web_messages (at);
CREATE INDEX web_files_at ON web_files (at);
CREATE INDEX web_browsers_seen ON web_browsers (seen_at);
CREATE INDEX tasks_changed ON tasks (changed_at);
CREATE INDEX dossiers_changed ON dossiers (changed_at);
CREATE INDEX guided_at ON guided (at);

-- What could not be handled is few among all that was.
CREATE INDEX inbox_failed ON inbox (handled_at) WHERE state = 'failed';
