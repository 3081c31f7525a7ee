-- Receiving offices that admins set in the chat: each counts for one unit and all below it, or for everybody.
CREATE TABLE receiving_offices (
    id         TEXT PRIMARY KEY,      -- NT-000012
    unit       TEXT,                  -- for whose admins; what counts is in the content
    content    {bytes} NOT NULL,      -- sealed; Office
    revision   BIGINT NOT NULL,
    changed_by TEXT NOT NULL,         -- id of a role, or the machine
    changed_at BIGINT NOT NULL
);

CREATE INDEX receiving_offices_of_unit ON receiving_offices (unit);
