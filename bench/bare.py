"""The floor of a page: Django, a session, a person and fifty rows; nothing sealed, nothing checked."""

from __future__ import annotations

import os

import dj_database_url
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.urls import path

PAGE = """<!doctype html><title>{{ name }}</title><nav>{{ name }}</nav><ul>{% for row in rows %}
<li><a href="/{{ row.0 }}/"><b>{{ row.2 }}</b> <time>{{ row.1|date:"H:i" }}</time>
<span>{{ row.3 }}</span> <span>{{ row.4 }}</span></a></li>{% endfor %}</ul>"""

if not settings.configured:
    settings.configure(
        SECRET_KEY=os.environ["SECRET_KEY"],
        ROOT_URLCONF=__name__,
        ALLOWED_HOSTS=["*"],
        USE_TZ=True,
        DATABASES={
            "default": dj_database_url.parse(os.environ["DATABASE_OWNER_URL"])
            | {"OPTIONS": {"pool": {"min_size": 1, "max_size": 8}}}
        },
        TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates"}],
    )


def page(request: HttpRequest) -> HttpResponse:
    """Three queries."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT person FROM floor_session WHERE key = %s", [request.COOKIES["sid"]])
        cursor.execute("SELECT name FROM floor_person WHERE id = %s", cursor.fetchone())
        (name,) = cursor.fetchone()
        cursor.execute(
            "SELECT id, at, who, subject, snippet FROM floor_row WHERE state = 'open' "
            "ORDER BY at DESC, id DESC LIMIT 50"
        )
        rows = cursor.fetchall()
    return HttpResponse(template.render({"name": name, "rows": rows}, request))


urlpatterns = [path("", page)]
application = get_wsgi_application()
template = engines["django"].from_string(PAGE)
