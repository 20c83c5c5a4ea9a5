"""The records of a gallery in a PostgreSQL database."""
