-- Messages of a month, where a channel gives out so many, and people who were told what a channel cannot carry.

-- name: use_channel
-- Count a message before it leaves; returns nothing where the channel rests, or a broadcast would pass the month.
INSERT INTO channel_use (channel, month, sent) VALUES (:channel, :month, 1)
ON CONFLICT (channel) DO UPDATE SET
    sent = (CASE WHEN channel_use.month = excluded.month THEN channel_use.sent ELSE 0 END) + 1,
    month = excluded.month
WHERE channel_use.rest_until <= :now
  AND (:most < 0 OR (CASE WHEN channel_use.month = excluded.month THEN channel_use.sent ELSE 0 END) + 1 <= :most)
RETURNING sent;

-- name: channel_in_use
-- Read how much of a channel is used.
SELECT month, sent, rest_until FROM channel_use WHERE channel = :channel;

-- name: channel_give_back!
-- A message that was counted did not leave.
UPDATE channel_use SET sent = sent - 1 WHERE channel = :channel AND month = :month AND sent > 0;

-- name: channel_took!
-- The platform took a message: it refuses no more in a row.
UPDATE channel_use SET refusals = 0, refused_at = 0, rest_until = 0 WHERE channel = :channel AND refusals > 0;

-- name: channel_refused
-- Count a refusal, unless one was counted after :before; from so many in a row the channel rests.
UPDATE channel_use SET refusals = refusals + CASE WHEN refused_at <= :before THEN 1 ELSE 0 END,
    refused_at = CASE WHEN refused_at <= :before THEN :now ELSE refused_at END,
    rest_until = CASE WHEN refused_at <= :before AND refusals + 1 >= :most THEN :until ELSE rest_until END
WHERE channel = :channel
RETURNING refusals;

-- name: guided_at
-- Read when a person was told what the channel cannot carry.
SELECT at FROM guided WHERE chat = :chat;

-- name: note_guided!
-- Note that a person was told.
INSERT INTO guided (chat, at) VALUES (:chat, :now) ON CONFLICT (chat) DO UPDATE SET at = excluded.at;

-- name: forget_guided!
-- The person wrote something else meanwhile.
DELETE FROM guided WHERE chat = :chat;

-- name: expire_guided
-- Delete at most :limit rows of before :before.
DELETE FROM guided
WHERE chat {in_batch}
    SELECT g.chat FROM guided g WHERE g.at < :before ORDER BY g.at LIMIT :limit {skip_locked} {end_batch}
RETURNING 1;
