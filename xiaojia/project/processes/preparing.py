"""Brings roles, tables and static files to this version. Runs as the owner, in a process of its own."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from pkgutil import iter_modules


def main() -> int:
    """Migrate when something is to migrate; collect static files."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "xiaojia.project.settings")
    import django

    django.setup()
    from django.core.management import call_command

    from xiaojia.kernel.refusals import Refused
    from xiaojia.project.installation import XIAOJIA_HOME
    from xiaojia.project.processes.database import external, let_serve
    from xiaojia.project.processes.serving import NOT_BUILT, built_assets
    from xiaojia.project.safekeeping import rotation

    try:
        urls = external()
        if urls is not None:
            let_serve(urls)
    except Refused as refusal:
        print(refusal, file=sys.stderr)
        return 2
    if has_new_migrations():
        call_command("migrate", verbosity=0, interactive=False)
        call_command("createcachetable", verbosity=0)
    if rotation.is_pending(XIAOJIA_HOME / "keys"):
        # Before anybody serves: a change of keys that was cut off is finished, blind indexes and all.
        try:
            rotation.finish()
        except Refused as refusal:
            print(refusal, file=sys.stderr)
            return 2
    if "--no-static" in sys.argv:
        return 0
    if not built_assets().exists():
        print(NOT_BUILT, file=sys.stderr)
        return 2
    call_command("collectstatic", verbosity=0, interactive=False)
    return 0


def has_new_migrations() -> bool:
    """Whether a file of migrations stands on disk that the database has not seen; none of them is loaded."""
    from django.apps import apps
    from django.db import connection
    from django.db.migrations.loader import MigrationLoader
    from django.db.migrations.recorder import MigrationRecorder

    applied = MigrationRecorder(connection).applied_migrations()
    for config in apps.get_app_configs():
        package = MigrationLoader.migrations_module(config.label)[0] or ""
        folder = Path(config.path, package.rpartition(".")[2])
        names = {module.name for module in iter_modules([str(folder)]) if module.name[:1] not in "_~"}
        if any((config.label, name) not in applied for name in names):
            return True
    return False


if __name__ == "__main__":
    sys.exit(main())
