-- What makes pruning and the counts of what was set aside cheap: each looks at its own rows alone.
CREATE INDEX callback_inbox_processed ON callback_inbox (processed_at)
    WHERE processed_at IS NOT NULL AND outcome <> 'dead';
CREATE INDEX callback_inbox_waiting ON callback_inbox (received_at) WHERE processed_at IS NULL;
CREATE INDEX callback_inbox_dead ON callback_inbox (id) WHERE outcome = 'dead';
CREATE INDEX outbox_done ON outbox (done_at) WHERE done_at IS NOT NULL;
CREATE INDEX outbox_dead ON outbox (kind) WHERE dead_at IS NOT NULL;
