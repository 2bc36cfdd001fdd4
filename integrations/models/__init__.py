"""The tables of integrations, one module per noun."""
