"""What the REST API of devices takes and gives, one module per noun."""
