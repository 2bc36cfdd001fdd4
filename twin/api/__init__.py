"""The REST API of twin."""
