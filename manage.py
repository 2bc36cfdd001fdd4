#!/usr/bin/env python
"""Django's command line for Atrium."""

import os
import sys

from django.core.management import execute_from_command_line

from config.lib.attribution import Attribution, attributed

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    with attributed(Attribution(origin=f"command {' '.join(sys.argv[1:2])}".strip())):
        execute_from_command_line(sys.argv)
