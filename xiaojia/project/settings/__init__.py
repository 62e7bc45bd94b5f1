"""Django's settings, one file a topic. Whatever an operator sets comes from the environment:

`XIAOJIA_HOME` where data, files and keys lie · `DATABASE_URL` and `DATABASE_OWNER_URL` an external
PostgreSQL · `XIAOJIA_PUBLIC_URL` the https address of a host · `XIAOJIA_DEMO`, `XIAOJIA_DEBUG` switches.
"""

from xiaojia.project.installation import *  # noqa: F403  # Django reads settings as module names
from xiaojia.project.settings.database import *  # noqa: F403  # the same
from xiaojia.project.settings.language import *  # noqa: F403  # the same
from xiaojia.project.settings.logs import *  # noqa: F403  # the same
from xiaojia.project.settings.messages import *  # noqa: F403  # the same
from xiaojia.project.settings.web import *  # noqa: F403  # the same
