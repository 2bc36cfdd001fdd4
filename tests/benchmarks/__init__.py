"""Figures with yardsticks, each a module of its own: ``python -m tests.benchmarks.readings``."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()
