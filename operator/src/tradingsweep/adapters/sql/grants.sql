-- Who may do what. Runs at the end of every migration, so that it also heals a database whose
-- first migration was not allowed to make the role, and a restored or copied one: what is granted
-- on a database itself is in no dump of its contents. Every step may be refused, and then says so.

-- A role is one for the whole server, the databases that grant to it are many, and two may be
-- migrated at the same time: who comes second finds the role, or waits and gets unique_violation.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'tradingsweep_receiver') THEN
        CREATE ROLE tradingsweep_receiver NOLOGIN;
    END IF;
EXCEPTION
    WHEN duplicate_object OR unique_violation THEN NULL;
    WHEN insufficient_privilege THEN
        RAISE NOTICE 'role tradingsweep_receiver is missing and % may not create it: let an administrator run "CREATE ROLE tradingsweep_receiver NOLOGIN" and migrate again; until then the receiver needs the owner''s DSN', current_user;
END
$$;

DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'tradingsweep_receiver') THEN
        GRANT USAGE ON SCHEMA public TO tradingsweep_receiver;
        GRANT EXECUTE ON FUNCTION inbox_put_v1(text, bytea), inbox_put_unsigned_v1(text, bytea)
            TO tradingsweep_receiver;
    END IF;
END
$$;

-- What PostgreSQL lets everybody do: make objects in public (before 15), temporary tables,
-- large objects; and run any function that the owner makes later.
DO $$
BEGIN
    ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
    REVOKE CREATE ON SCHEMA public FROM PUBLIC;
    EXECUTE format('REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC', current_database());
EXCEPTION
    WHEN insufficient_privilege THEN
        RAISE NOTICE '% does not own this database: its owner should REVOKE CREATE ON SCHEMA public and TEMPORARY ON the DATABASE FROM PUBLIC', current_user;
END
$$;

-- Only a superuser can: elsewhere the receiver's role can fill the disk with large objects, no more.
DO $$
BEGIN
    IF (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
        REVOKE EXECUTE ON FUNCTION lo_creat(integer), lo_create(oid), lo_from_bytea(oid, bytea)
            FROM PUBLIC;
    END IF;
END
$$;
