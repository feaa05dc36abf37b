"""`python -m sextant_server ...` is Django's manage.py."""

from __future__ import annotations

import os
import sys

from django.core.management import execute_from_command_line

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sextant_server.settings")
execute_from_command_line([sys.argv[0], *sys.argv[1:]])
