"""Proofs that take too long, or kill too much, for a test: each is run as ``python -m``."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()
