"""The door for gunicorn. With --preload its workers share what is loaded here."""

from __future__ import annotations

import gc
import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
application = get_wsgi_application()
# Every view before the workers are forked; and what is there by now is no garbage: a collector that looks through it in
# each of them would copy its pages.
get_resolver().url_patterns  # noqa: B018  (a property that loads)
gc.collect()
gc.freeze()
