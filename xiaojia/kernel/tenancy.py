"""Row-level security: the second fence behind `access.py`.

Every community-owned table has `community_id bigint not null`. A table with rows about one household
has `household_id` too. The fences below are written into the migration that creates the table, so
that no table ever stands without one. They bind the serving role; owners and superusers skip them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction
from django.db.migrations.operations import RunSQL

from xiaojia.kernel.actors import Scope

FUNCTIONS_SQL = """
CREATE FUNCTION app_communities() RETURNS bigint[] LANGUAGE sql STABLE PARALLEL SAFE AS
  $$ SELECT COALESCE(NULLIF(current_setting('app.communities', true), '')::bigint[], '{}') $$;
CREATE FUNCTION app_wide() RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE AS
  $$ SELECT COALESCE(current_setting('app.wide', true), '') = 'on' $$;
CREATE FUNCTION app_households() RETURNS bigint[] LANGUAGE sql STABLE PARALLEL SAFE AS
  $$ SELECT COALESCE(NULLIF(current_setting('app.households', true), '')::bigint[], '{}') $$;
"""
MICROGRIDS_SQL = """
CREATE FUNCTION app_microgrids() RETURNS bigint[] LANGUAGE sql STABLE PARALLEL SAFE AS
  $$ SELECT COALESCE(NULLIF(current_setting('app.microgrids', true), '')::bigint[], '{}') $$;
"""
FUNCTIONS_REVERSE_SQL = (
    "DROP FUNCTION app_communities(); DROP FUNCTION app_wide(); DROP FUNCTION app_households();"
)

_SETTINGS = ("app.communities", "app.wide", "app.households", "app.microgrids")

# The sub-selects make PostgreSQL read each setting once a query instead of once a row.
_COMMUNITY = "community_id = ANY ((SELECT app_communities())::bigint[])"
_HOUSEHOLD = "((SELECT app_wide()) OR {column} = ANY ((SELECT app_households())::bigint[]))"


def community_fence(table: str) -> RunSQL:
    """A policy that shows a row to people of its community only."""
    return _fence(table, _COMMUNITY)


def wide_fence(table: str) -> RunSQL:
    """A policy for rows that only community-wide roles may see (staged workbooks, for example)."""
    return _fence(table, f"{_COMMUNITY} AND (SELECT app_wide())")


def personal_fence(table: str, *, household_column: str = "household_id") -> RunSQL:
    """A policy that shows a row to community-wide roles and to those whose doors include it."""
    return _fence(table, personal_condition(household_column))


def personal_condition(household_column: str = "household_id") -> str:
    """The SQL of that policy, for tables that add a condition of their own."""
    return f"{_COMMUNITY} AND {_HOUSEHOLD.format(column=household_column)}"


def microgrid_fence(table: str, *, only: str = "true") -> RunSQL:
    """A policy for rows with `microgrid_ids`: all for wide roles, else of one's own where `only` holds."""
    theirs = f"({only} AND microgrid_ids && (SELECT app_microgrids())::bigint[])"
    return _fence(table, f"{_COMMUNITY} AND ((SELECT app_wide()) OR {theirs})")


def child_fence(table: str, *, parent: str, column: str) -> RunSQL:
    """A policy for rows that are seen exactly with the row they belong to, whose own policy decides."""
    seen = f"EXISTS (SELECT 1 FROM {parent} AS parent WHERE parent.id = {table}.{column})"  # noqa: S608  # ours
    return _fence(table, f"{_COMMUNITY} AND {seen}")


def wide_read_fence(table: str) -> RunSQL:
    """A policy for rows that everybody of the community may leave, and only wide roles may read."""
    return _fence(table, f"{_COMMUNITY} AND (SELECT app_wide())", written=_COMMUNITY)


def public_copy_fence(table: str) -> RunSQL:
    """For published copies: anybody may read a row; only people of its community may write one."""
    return RunSQL(
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;"
        f"CREATE POLICY published ON {table} FOR SELECT USING (true);"
        f"CREATE POLICY fence ON {table} USING ({_COMMUNITY}) WITH CHECK ({_COMMUNITY});",
        f"DROP POLICY fence ON {table}; DROP POLICY published ON {table};"
        f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY;",
    )


def _fence(table: str, seen: str, *, written: str = "") -> RunSQL:
    return RunSQL(
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;"
        f"CREATE POLICY fence ON {table} USING ({seen}) WITH CHECK ({written or seen});",
        f"DROP POLICY fence ON {table}; ALTER TABLE {table} DISABLE ROW LEVEL SECURITY;",
    )


def append_only(table: str, *, may_delete: bool = False) -> RunSQL:
    """Takes UPDATE (and DELETE) of a table away from every role but its owner."""
    verbs = "UPDATE, TRUNCATE" if may_delete else "UPDATE, DELETE, TRUNCATE"
    return RunSQL(
        f"""DO $$ DECLARE grantee_name text; BEGIN
          FOR grantee_name IN
            SELECT DISTINCT acl.grantee::regrole::text FROM pg_class c, aclexplode(c.relacl) acl
            WHERE c.oid = '{table}'::regclass AND acl.grantee NOT IN (0, c.relowner)
          LOOP EXECUTE format('REVOKE {verbs} ON {table} FROM %s', grantee_name); END LOOP;
        END $$;""",  # noqa: S608  # table names are written in migrations
        RunSQL.noop,
    )


def enter(scope: Scope) -> None:
    """Set the scope of the running transaction: one query; outside `atomic()` it would be lost."""
    if not connection.in_atomic_block:
        raise RuntimeError("a scope needs a transaction: set_config(..., true) ends with it")
    _set(
        [
            _array(scope.community_ids),
            "on" if scope.is_wide else "",
            _array(scope.household_ids),
            _array(scope.microgrid_ids),
        ]
    )


@contextmanager
def entered(scope: Scope, *, is_durable: bool = False) -> Iterator[None]:
    """A transaction inside which the database shows what `scope` may see, and nothing else.

    Nested inside another scope, it gives that one back at the end. A durable one is committed when it
    ends, so inside another transaction it is a RuntimeError.
    """
    outer = _settings() if connection.in_atomic_block else None
    with transaction.atomic(durable=is_durable):
        enter(scope)
        yield
        if outer is not None:
            _set(outer)


def _settings() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT " + ", ".join(f"COALESCE(current_setting('{name}', true), '')" for name in _SETTINGS)
        )
        return list(cursor.fetchone())


def _set(values: list[str]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT " + ", ".join(f"set_config('{name}', %s, true)" for name in _SETTINGS),
            values,
        )


def _array(ids: tuple[int, ...]) -> str:
    return "{" + ",".join(str(int(i)) for i in ids) + "}"
