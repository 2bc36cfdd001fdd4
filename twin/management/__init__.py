"""Commands of twin."""
