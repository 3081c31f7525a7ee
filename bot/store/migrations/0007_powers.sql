-- What gives power is sealed, so that a row that the program did not write gives nothing; processes name the keys they
-- hold; what cannot be read is set aside and told of once. Columns named seal, warrant are sealed.
ALTER TABLE grants ADD COLUMN seal {bytes};       -- whose role it is, which, since when, by whom
ALTER TABLE invitations ADD COLUMN seal {bytes};  -- to which role, by whom, until when
ALTER TABLE broadcasts ADD COLUMN warrant {bytes};  -- who wrote what, for which unit, and who approved it
ALTER TABLE audit_head ADD COLUMN seal {bytes};   -- the end of the chain, and which roles and invitations are spent

ALTER TABLE workers ADD COLUMN name TEXT;         -- machine and process id
ALTER TABLE workers ADD COLUMN keys TEXT;         -- ids of the keys it holds, by commas; the first is the one it seals with

-- Keys that sealed values here: a key file without one of them is an old one.
CREATE TABLE sealing_keys (
    id         TEXT PRIMARY KEY,
    retired_at BIGINT                 -- nothing is sealed by it any more, or what is was given up
);

-- Values that could not be read, each told of once. A value that was in the way lies here, as it was found.
CREATE TABLE unreadable (
    place    TEXT PRIMARY KEY,        -- table, column and row
    found_at BIGINT NOT NULL,
    told_at  BIGINT,                  -- the owners were told
    value    TEXT                     -- in hexadecimal; NULL: it lies where it was
);
