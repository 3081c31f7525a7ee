-- E-mail: an address is a chat of the channel "email"; whose it is, and what its mail server last said.
CREATE TABLE email_addresses (
    chat        TEXT PRIMARY KEY REFERENCES chats (id) ON DELETE CASCADE,
    imported_at BIGINT,               -- by an admin, for staff of their unit; NULL: a person gave it
    deferred_at BIGINT                -- since then its server asks to be tried again
);

-- The address that a person gave for themselves.
CREATE TABLE email_contacts (
    owner        TEXT PRIMARY KEY REFERENCES chats (id) ON DELETE CASCADE,
    chat         TEXT NOT NULL REFERENCES chats (id) ON DELETE CASCADE,
    confirmed_at BIGINT,              -- NULL: the link in the first message was not opened yet
    first        BIGINT NOT NULL DEFAULT 0,  -- 1: reminders and notices go there; 0: only where the chat cannot be reached
    files        BIGINT NOT NULL DEFAULT 0,  -- 1: files that the person has made go there as well
    added_at     BIGINT NOT NULL
);
CREATE INDEX email_contacts_of_chat ON email_contacts (chat);
CREATE INDEX chats_email ON chats (id) WHERE channel = 'email';
CREATE UNIQUE INDEX email_contacts_confirmed ON email_contacts (chat) WHERE confirmed_at IS NOT NULL;
