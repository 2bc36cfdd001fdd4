"""Commands of twin, one module each."""
