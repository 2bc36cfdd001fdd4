"""The tables of devices, one module per noun."""
