"""What `manage.py up` supervises; see `stack` for how to run it with something more."""
