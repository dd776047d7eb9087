"""What readers see of the schema is what the migrations make: sql/schema.sql catalog by catalog, on any PostgreSQL, the
drawings and the index of functions name by name."""

import re
from pathlib import Path
from typing import Any

import psycopg2

from infra.schema import functions, story

ROOT = Path(__file__).parent.parent
SCHEMA = ROOT / "sql" / "schema.sql"
OURS = "NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = {} AND d.deptype = 'e')"

CATALOGS = {
    "columns": """
        SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity, a.attgenerated,
               pg_get_expr(d.adbin, d.adrelid), col_description(c.oid, a.attnum)
        FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid LEFT JOIN pg_attrdef d ON (d.adrelid, d.adnum) = (c.oid, a.attnum)
        WHERE c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped AND c.relnamespace = 'public'::regnamespace""",
    # PostgreSQL 18 keeps NOT NULL as constraints; the columns above have it.
    "constraints": """
        SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid), condeferrable, condeferred FROM pg_constraint
        WHERE connamespace = 'public'::regnamespace AND contype <> 'n'""",
    "indexes": "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'",
    "triggers": "SELECT tgrelid::regclass::text, pg_get_triggerdef(oid), tgenabled FROM pg_trigger WHERE NOT tgisinternal",
    "policies": "SELECT tablename, policyname, permissive, roles::text, cmd, qual, with_check FROM pg_policies",
    "row-level security": """
        SELECT relname, relrowsecurity, relforcerowsecurity, reloptions::text, obj_description(oid)
        FROM pg_class WHERE relkind IN ('r', 'v') AND relnamespace = 'public'::regnamespace""",
    "functions": f"""
        SELECT p.oid::regprocedure::text, pg_get_functiondef(p.oid), obj_description(p.oid)
        FROM pg_proc p WHERE pronamespace = 'public'::regnamespace AND {OURS.format("p.oid")}""",
    "views": "SELECT viewname, definition FROM pg_views WHERE schemaname = 'public'",
    "what tables are granted": """
        SELECT c.relname, '', grantee::regrole::text, privilege_type, is_grantable
        FROM pg_class c, aclexplode(c.relacl) WHERE c.relnamespace = 'public'::regnamespace AND c.relkind <> 'S'
        UNION ALL SELECT c.relname, a.attname, grantee::regrole::text, privilege_type, is_grantable
        FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid, aclexplode(a.attacl)
        WHERE c.relnamespace = 'public'::regnamespace""",
    "what functions are granted": f"""
        SELECT p.oid::regprocedure::text, grantee::regrole::text, privilege_type
        FROM pg_proc p, aclexplode(p.proacl) WHERE p.pronamespace = 'public'::regnamespace AND {OURS.format("p.oid")}""",
    "what will be granted": """
        SELECT defaclrole::regrole::text, defaclnamespace::regnamespace::text, defaclobjtype, grantee::regrole::text, privilege_type
        FROM pg_default_acl, aclexplode(defaclacl)""",
}


def catalog_of(url: str, query: str) -> set[tuple[str, ...]]:
    connection = psycopg2.connect(url)
    try:
        with connection.cursor() as cursor:
            cursor.execute(query)
            # Read back, "a AND b AND c" has brackets that it did not have when it was written: they are passed over.
            rows = {tuple(re.sub(r"[\s()]+", " ", str(value)).strip() for value in row) for row in cursor.fetchall()}
    finally:
        connection.close()
    return {row for row in rows if "yoyo" not in " ".join(row[:2])}


def test_the_schema_that_is_read_is_the_one_the_migrations_make(server: Any) -> None:
    read = server.create("read_from_schema_sql")
    connection = psycopg2.connect(read)
    with connection, connection.cursor() as cursor:
        cursor.execute(SCHEMA.read_text())
    connection.close()
    try:
        for what, query in CATALOGS.items():
            migrated = catalog_of(server.url_of("template_of_tests"), query)
            loaded = catalog_of(read, query)
            assert (sorted(migrated - loaded), sorted(loaded - migrated)) == ([], []), f"{what}: make schema"
            assert migrated or what == "views", f"no {what} were compared"
    finally:
        server.drop("read_from_schema_sql")


FOREIGN_KEYS = """
    SELECT c.confrelid::regclass::text, c.conrelid::regclass::text, k.columns, k.optional,
           EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.conrelid AND i.indisunique AND i.indpred IS NULL
                   AND (i.indkey::int2[])[0:i.indnkeyatts - 1] <@ c.conkey AND 0 <> ALL (i.indkey::int2[]))
    FROM pg_constraint c CROSS JOIN LATERAL (
        SELECT string_agg(a.attname, ', ' ORDER BY x.place) AS columns, bool_or(NOT a.attnotnull) AS optional
        FROM unnest(c.conkey) WITH ORDINALITY x (number, place)
        JOIN pg_attribute a ON (a.attrelid, a.attnum) = (c.conrelid, x.number)) k
    WHERE c.contype = 'f' AND c.connamespace = 'public'::regnamespace"""


def test_the_drawings_show_every_table_and_every_reference(server: Any) -> None:
    url = server.url_of("template_of_tests")
    drawn = "\n".join(
        re.findall(r"```mermaid\nerDiagram\n(.*?)```", (ROOT / "docs" / "architecture.md").read_text(), re.S)
    )
    lines = re.findall(r'^ +(\w+) (\|\||\|o)--(o\||o\{) (\w+) : "(.*)"$', drawn, re.M)
    shown = {
        (parent, child, columns, str(there == "|o"), str(here == "o|")) for parent, there, here, child, columns in lines
    }
    assert shown == catalog_of(url, FOREIGN_KEYS), "make schema"
    tables = {name for (name,) in catalog_of(url, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'")}
    assert {name for name in tables if not name.startswith(("yoyo", "_yoyo"))} <= set(re.findall(r"\w+", drawn)), (
        "make schema"
    )


def test_every_table_has_its_place_in_the_story(server: Any) -> None:
    tables = {
        name
        for (name,) in catalog_of(
            server.url_of("template_of_tests"), "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
        )
    }
    told = [table for chapter in story.CHAPTERS for table in chapter.tables]
    assert sorted(told) == sorted(tables), "give it a chapter in infra/schema/story.py, then make schema"


def test_the_index_says_of_every_function_why_it_is_one(server: Any) -> None:
    """Another name, or one that is gone, is as wrong as one that is missing."""
    ours = f"SELECT proname FROM pg_proc p WHERE pronamespace = 'public'::regnamespace AND {OURS.format('p.oid')}"
    there = {name for (name,) in catalog_of(server.url_of("template_of_tests"), ours)}
    rows = [(name, why) for some in functions.index().values() for name, why in some.items()]
    assert sorted(name for name, _ in rows) == sorted(there), "docs/reference/functions.md"
    reasons = {why.partition(":")[0] for _, why in rows}
    assert reasons == {"policy", "owner", "trigger", "lock", "one trip"}


def test_schema_sql_begins_with_tables_and_ends_with_grants() -> None:
    kinds = re.findall(r"^(CREATE TABLE|CREATE TRIGGER|GRANT)\b", SCHEMA.read_text(), re.M)
    order = ["CREATE TABLE", "CREATE TRIGGER", "GRANT"]
    assert kinds == sorted(kinds, key=order.index)
    assert "Not in the index yet" not in SCHEMA.read_text() and story.UNTOLD not in SCHEMA.read_text(), "make schema"
