"""Django's PostgreSQL backend, which also tells each transaction on whose behalf it writes."""
