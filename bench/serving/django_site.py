"""A directory as one would begin it with Django and simple-history: a page, an answer in JSON, every version kept.

Run by the peers' own Python (`peers.py`): `django_site.py FOLDER` fills a database from FOLDER/versions.jsonl.
"""

from __future__ import annotations

import json
import os
import sys
from itertools import groupby
from pathlib import Path

import django
from django.conf import settings

FOLDER = Path(sys.argv[1] if __name__ == "__main__" else os.environ["BENCH_DJANGO"])
PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{{ service.name }}</title></head><body>
<h1>{{ service.name }}</h1><p>{{ service.summary }}</p>
<dl><dt>Run by</dt><dd>{{ service.team }}, {{ service.owner }}</dd><dt>Status</dt><dd>{{ service.status }}</dd>
<dt>Setting</dt><dd>{{ service.setting }}</dd><dt>Hours</dt><dd>{{ service.hours }}</dd></dl>
<h2>How to refer</h2>{% for route in service.referral_routes %}<dl>
{% for name, value in route.items %}<dt>{{ name }}</dt><dd>{{ value }}</dd>{% endfor %}</dl>{% endfor %}
<h2>Who it is for</h2><p>{{ service.eligibility|linebreaks }}</p>
<ul>{% for need in service.needs %}<li>{{ need }}</li>{% endfor %}</ul>
<ul>{% for area in service.areas %}<li>{{ area.name }}</li>{% endfor %}</ul>
<h2>Contact</h2>
<ul>{% for contact in service.contacts %}<li>{{ contact.type }}: {{ contact.value }}</li>{% endfor %}</ul>
<ul>{% for place in service.locations %}<li>{{ place.address }}, {{ place.postcode }}</li>{% endfor %}</ul>
{{ service.description|linebreaks }}
<h2>Changes</h2><ol>{% for version in versions %}<li>{{ version.history_date|date }}: {{ version.name }},
{{ version.team }}</li>{% endfor %}</ol></body></html>"""
SHOWN = 20

settings.configure(
    ALLOWED_HOSTS=["127.0.0.1"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": FOLDER / "django.db", "CONN_MAX_AGE": None}},
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "simple_history"],
    ROOT_URLCONF=__name__,
    SECRET_KEY="not a secret",  # noqa: S106
    TEMPLATES=[
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "OPTIONS": {"loaders": [("django.template.loaders.locmem.Loader", {"service.html": PAGE})]},
        }
    ],
    USE_TZ=True,
)
django.setup()

from django.core.management import call_command  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.db import connection, models, transaction  # noqa: E402
from django.http import HttpRequest, HttpResponse, JsonResponse  # noqa: E402
from django.shortcuts import get_object_or_404, render  # noqa: E402
from django.urls import path  # noqa: E402
from simple_history.models import HistoricalRecords  # noqa: E402
from simple_history.utils import bulk_create_with_history, bulk_update_with_history  # noqa: E402


class Service(models.Model):  # type: ignore[misc]
    """A service as it is now; what it was is in its history."""

    slug = models.SlugField(max_length=200, unique=True)
    name = models.TextField()
    status = models.CharField(max_length=20)
    setting = models.CharField(max_length=20)
    summary = models.TextField()
    description = models.TextField()
    eligibility = models.TextField()
    needs = models.JSONField()
    areas = models.JSONField()
    referral_routes = models.JSONField()
    contacts = models.JSONField()
    locations = models.JSONField()
    hours = models.TextField()
    owner = models.TextField()
    team = models.TextField()
    history = HistoricalRecords()

    class Meta:
        """Django asks for the name of the application that a model is of."""

        app_label = "contenttypes"


FIELDS = [field.name for field in Service._meta.concrete_fields if field.name != "id"]


def ready(_request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return HttpResponse("ready")


def page(request: HttpRequest, slug: str) -> HttpResponse:
    """A service, with its latest versions."""
    service = get_object_or_404(Service, slug=slug)
    return render(request, "service.html", {"service": service, "versions": service.history.all()[:SHOWN]})


def answer(_request: HttpRequest, slug: str) -> HttpResponse:
    """A service, with its latest versions, as JSON."""
    service = get_object_or_404(Service, slug=slug)
    made = [(each.history_date.isoformat(), each.name, each.team) for each in service.history.all()[:SHOWN]]
    return JsonResponse({name: getattr(service, name) for name in FIELDS} | {"versions": made})


urlpatterns = [path("ready", ready), path("services/<slug>/", page), path("api/services/<slug>", answer)]
application = get_wsgi_application()


def fill() -> None:
    """Make the tables, and every service by its first version, changed by those after it."""
    call_command("migrate", verbosity=0)
    with connection.schema_editor() as editor:
        editor.create_model(Service)
        editor.create_model(Service.history.model)
    with (FOLDER / "versions.jsonl").open(encoding="utf-8") as lines, transaction.atomic():
        found = [
            list(versions)
            for _, versions in groupby((json.loads(line) for line in lines), key=lambda each: each["slug"])
        ]
        made = bulk_create_with_history([Service(**versions[0]) for versions in found], Service, batch_size=500)
        for at in range(1, max(map(len, found))):
            changed = []
            for service, versions in zip(made, found, strict=True):
                if at < len(versions):
                    for name in FIELDS:
                        setattr(service, name, versions[at][name])
                    changed.append(service)
            bulk_update_with_history(changed, Service, FIELDS, batch_size=200)


if __name__ == "__main__":
    fill()
