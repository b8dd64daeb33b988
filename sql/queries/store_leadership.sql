-- Who leads: one scheduler at a time, by a lock of a session of its own and a number that grows.

-- name: try_to_lead
SELECT pg_try_advisory_lock(:key);

-- name: end_when_silent
-- A leader that is frozen or cut off keeps its session, and the lock with it; the server ends both.
SELECT set_config('idle_session_timeout', :silence, false);

-- name: take_over
-- Waits for writes that commit at this moment (hold_fence); whoever checks later sees the new number.
INSERT INTO leader (instance, fence, since) VALUES (:instance, 1, now())
ON CONFLICT (singleton) DO UPDATE
SET instance = excluded.instance, fence = leader.fence + 1, since = excluded.since
RETURNING fence, since;

-- name: still_leads
-- Both the number and the lock, which is not this session's where a pooler shares sessions out.
SELECT EXISTS (SELECT FROM leader WHERE fence = :fence)
   AND EXISTS (
       SELECT FROM pg_locks
       WHERE locktype = 'advisory' AND granted AND pid = pg_backend_pid() AND objsubid = 1
         AND ((classid::bigint << 32) | objid::bigint) = :key);

-- name: hold_fence
-- Until the end of the transaction nobody takes over; it may not stand still meanwhile.
SELECT fence, set_config('idle_in_transaction_session_timeout', '5s', true) FROM leader FOR SHARE;
