"""Commands of manage.py that this app brings."""
