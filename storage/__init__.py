"""The record: tables, database, migrations, files."""
