-- Browsers in which a person with a role is signed in to the admin pages.
CREATE TABLE desk_sessions (
    digest     TEXT PRIMARY KEY,      -- keyed HMAC of the cookie; the cookie itself is nowhere
    chat       TEXT NOT NULL,         -- whose roles count
    begun_at   BIGINT NOT NULL,
    expires_at BIGINT NOT NULL        -- moved on with each use
);

CREATE INDEX desk_sessions_of_chat ON desk_sessions (chat);
