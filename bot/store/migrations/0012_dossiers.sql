-- Dossiers of whole units: the certificates that were given, what is said of them, and what was made of it, sealed.
CREATE TABLE dossiers (
    id         TEXT PRIMARY KEY,      -- HS-000012
    chat       TEXT NOT NULL REFERENCES chats (id) ON DELETE CASCADE,
    unit       TEXT,
    content    {bytes} NOT NULL,      -- sealed; DossierRecord
    revision   BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL
);

CREATE INDEX dossiers_of_chat ON dossiers (chat, changed_at);
