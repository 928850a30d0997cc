"""What a human tells the ledger from the command line."""

from tradingsweep.adapters.ledger.postgres import check_schema, connect, transaction


async def confirm_audit(dsn: str) -> None:
    """Let the audits of the next ten minutes find as many deletions as there are.

    Raises:
        LedgerUnavailable: Postgres could not be reached.
        ConfigurationError: the schema is not this program's.
    """
    pool = await connect(dsn, max_size=1, application="tradingsweep-audit")
    try:
        await check_schema(pool)
        async with transaction(pool) as connection:
            await connection.execute(_CONFIRM)
    finally:
        await pool.close()


_CONFIRM = "UPDATE ledger_meta SET audit_confirmed_until = now() + interval '10 minutes'"
