-- How people with a role are told of new requests, and which menu of commands their chat shows.
CREATE TABLE request_notices (
    chat      TEXT PRIMARY KEY REFERENCES chats (id) ON DELETE CASCADE,
    timing    TEXT CHECK (timing IN ('at_once', 'morning')),  -- NULL: as their role has it
    digest_on BIGINT,                 -- the day of the last overview; days are counted as Python's date.toordinal
    seen      BIGINT                  -- number of the newest request that the last overview knew
);

CREATE TABLE command_menus (
    chat TEXT PRIMARY KEY REFERENCES chats (id) ON DELETE CASCADE,
    menu TEXT NOT NULL                -- digest of the commands that the platform was given for this chat
);
