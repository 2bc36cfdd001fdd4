"""What can be read across models, one module per noun."""
