"""What may be done, one module per noun."""
