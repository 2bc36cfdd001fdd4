"""The WSGI entry point that the web server loads."""

import os

from django.core.wsgi import get_wsgi_application

from config.lib.memory import settle
from integrations.smartme.realtime.endpoint import RealtimeFirst

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

application = RealtimeFirst(get_wsgi_application())
settle()
