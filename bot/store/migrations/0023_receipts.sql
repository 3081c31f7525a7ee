-- Receipts of a broadcast's messages: how many arrived and were seen, and by whom.
ALTER TABLE zalo_receipts ADD COLUMN broadcast TEXT;  -- whose message it is; its state is 0 until something is told
ALTER TABLE zalo_receipts ADD COLUMN outbox BIGINT;   -- its row
CREATE INDEX zalo_receipts_of_broadcast ON zalo_receipts (broadcast, state) WHERE broadcast IS NOT NULL;
CREATE INDEX zalo_receipts_of_row ON zalo_receipts (outbox) WHERE outbox IS NOT NULL;
