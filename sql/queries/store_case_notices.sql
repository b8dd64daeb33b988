-- Notices of urgent cases that nobody acknowledged: an outbox, and what became of each channel.

-- name: add_channels
INSERT INTO notice_channel (channel, since)
SELECT unnest(CAST(:channels AS text[])), :now ON CONFLICT (channel) DO NOTHING;

-- name: drop_channels
DELETE FROM notice_channel WHERE channel <> ALL(CAST(:channels AS text[]));

-- name: withdraw
-- What has not been told and need not be any more: the case was acknowledged, closed or escalated
-- meanwhile, or the channel is gone.
DELETE FROM case_notice n USING risk_case c
WHERE c.id = n.case_id AND n.sent_at IS NULL AND n.given_up_at IS NULL
  AND NOT (n.channel = ANY(CAST(:channels AS text[])) AND n.waiting_since = c.waiting_since
           AND n.kind = (CAST(:kinds AS text[]))[c.escalation_level + 1] AND {waits});

-- name: enqueue
INSERT INTO case_notice (case_id, waiting_since, kind, channel, created_at, next_attempt_at)
SELECT c.id, c.waiting_since, (CAST(:kinds AS text[]))[c.escalation_level + 1], k.channel,
       :now, :now
FROM risk_case c CROSS JOIN unnest(CAST(:channels AS text[])) AS k (channel)
WHERE {waits} AND NOT EXISTS (
    SELECT FROM case_notice n
    WHERE n.case_id = c.id AND n.waiting_since = c.waiting_since AND n.channel = k.channel
      AND n.kind = (CAST(:kinds AS text[]))[c.escalation_level + 1])
ON CONFLICT ON CONSTRAINT case_notice_once DO NOTHING;

-- name: waits
c.state = 'abierto' AND c.priority = 'URGENTE' AND c.acknowledged_at IS NULL
AND c.user_id_raiz IS NOT NULL AND c.pseudonym IS NOT NULL;

-- name: claim
-- Whoever takes a notice moves its next attempt first, so that a sender that dies does not lose it
-- and one that is slow is not overtaken at once.
UPDATE case_notice n
SET attempts = n.attempts + 1,
    next_attempt_at = CAST(:now AS timestamptz)
        + least(make_interval(secs => :first * power(2, least(n.attempts, 20))),
                make_interval(secs => :longest))
FROM risk_case c
WHERE c.id = n.case_id AND {waits} AND n.id = (
    SELECT due.id FROM case_notice due JOIN risk_case c ON c.id = due.case_id
    WHERE due.channel = :channel AND due.sent_at IS NULL AND due.given_up_at IS NULL
      AND due.next_attempt_at <= :now AND {waits}
    ORDER BY due.next_attempt_at, due.id LIMIT 1 FOR UPDATE OF due SKIP LOCKED)
RETURNING n.id, n.kind, n.channel, c.pseudonym;

-- name: sent
UPDATE case_notice SET sent_at = :now, last_error = NULL WHERE id = :id;

-- name: channel_works
UPDATE notice_channel SET last_sent_at = :now, failing_since = NULL, last_error = NULL
WHERE channel = :channel;

-- name: hurry
-- The channel works again: what waits for its turn goes out now.
UPDATE case_notice SET next_attempt_at = :now
WHERE channel = :channel AND sent_at IS NULL AND given_up_at IS NULL AND last_error IS NOT NULL
  AND next_attempt_at > :now;

-- name: failed
UPDATE case_notice
SET last_error = :error, given_up_at = CASE WHEN created_at <= :too_old THEN :now END
WHERE id = :id AND sent_at IS NULL;

-- name: channel_fails
UPDATE notice_channel SET failing_since = coalesce(failing_since, :now), last_error = :error
WHERE channel = :channel;

-- name: channels
SELECT channel, failing_since, last_error FROM notice_channel
ORDER BY channel;
