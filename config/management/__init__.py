"""The platform's own commands."""
