-- Requests (yêu cầu chứng thực), their moves, and the counters of their codes. Column content is sealed.

CREATE TABLE counters (
    name  TEXT PRIMARY KEY,
    value BIGINT NOT NULL
);

CREATE TABLE requests (
    code      TEXT PRIMARY KEY,        -- YC-2026-000123
    number    BIGINT NOT NULL,         -- year * 1,000,000 + counter: the order of registration
    chat      TEXT NOT NULL REFERENCES chats (id),
    state     TEXT NOT NULL
              CHECK (state IN ('draft', 'submitted', 'accepted', 'sent_back', 'forwarded', 'done', 'refused', 'withdrawn')),
    procedure TEXT NOT NULL,
    serial    TEXT,                    -- keyed HMAC of the serial number
    content   {bytes} NOT NULL,
    ended_at  BIGINT
);

CREATE INDEX requests_of_chat ON requests (chat, number);
CREATE INDEX requests_ended ON requests (ended_at) WHERE ended_at IS NOT NULL;

CREATE TABLE request_history (
    id    {identity},
    code  TEXT NOT NULL REFERENCES requests (code) ON DELETE CASCADE,
    state TEXT NOT NULL,
    at    BIGINT NOT NULL,
    actor TEXT NOT NULL                -- "subscriber", or who else moved it
);

CREATE INDEX request_history_of_code ON request_history (code, id);
