"""The only SQL: SQLAlchemy Core on SQLite and PostgreSQL, one file for each noun."""
