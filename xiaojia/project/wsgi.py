"""What granian serves."""

from __future__ import annotations

import gc
import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "xiaojia.project.settings")

application = get_wsgi_application()

# What is loaded now stays: the collector need not walk through it again and again beside the pages.
get_resolver().url_patterns  # noqa: B018  # Django reads them with the first page otherwise
gc.collect()
gc.freeze()
