-- The refusal that was counted last: several at once count as one.
ALTER TABLE channel_use ADD COLUMN refused_at BIGINT NOT NULL DEFAULT 0;
