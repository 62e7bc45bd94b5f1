"""What `xiaojia serve` does before and around the process tree."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import IO, Final

from xiaojia.kernel.refusals import Refused
from xiaojia.project.installation import XIAOJIA_HOME
from xiaojia.project.processes import nightly
from xiaojia.project.processes.database import external, opened
from xiaojia.project.processes.demo_guard import refuse_real_data, refuse_strangers
from xiaojia.project.processes.nightly import Nightly
from xiaojia.project.processes.postgres import Urls
from xiaojia.project.processes.tree import (
    PORTS,
    AlreadyRunning,
    Child,
    Tree,
    free_port,
    live,
    only_one,
    say,
    web,
    worker,
)

NOT_BUILT: Final = (
    "The pages' styles are not built yet: run 'make setup' (it needs Node 20), then start again."
)


class NotPrepared(Refused):
    """Migrations or static files failed; the child has said why."""


def serve(
    *,
    port: int,
    home: Path = XIAOJIA_HOME,
    is_lan: bool = False,
    is_demo: bool = False,
    opens_at: str = "/",
    build: Callable[[dict[str, str]], None] | None = None,
) -> int:
    """Serve until told to stop. Our own running instance is named instead of a second one started.

    `build` gets the environment of our children when the database is ready and nobody is served yet.
    """
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # until the tree has handlers of its own
    if is_demo:
        refuse_strangers(is_external=external() is not None, is_lan=is_lan)
    try:
        with only_one(home) as lock, opened(home) as (urls, cluster):
            prepare(urls, home=home)
            if is_demo:
                refuse_real_data(urls.owner)
            environment = _environment(urls, home, is_lan=is_lan, is_demo=is_demo)
            if build is not None:
                build(environment)
            host = "0.0.0.0" if is_lan else "127.0.0.1"  # noqa: S104  # asked for with --lan
            port = free_port(port, host)
            url = f"http://127.0.0.1:{port}"
            _write_address(lock, url)
            live_port = free_port(int(os.environ.get("XIAOJIA_LIVE_PORT") or port + PORTS), host)
            environment["XIAOJIA_LIVE_PORT"] = str(live_port)
            children: list[Child | Nightly] = [
                web(port, host, environment, home / "static"),
                live(live_port, host, environment),
                worker(environment),
            ]
            if not is_demo:
                children.append(_backup(home))
            tree = Tree(cluster, children)
            print(f"小家开好了，在浏览器里打开 {url}{opens_at}\n要停下，按 Ctrl+C。", flush=True)
            tree.run()
    except AlreadyRunning as running:
        print(f"小家已经开着：{running.url}{opens_at}")
        return 0
    print("小家停好了。")
    return 0


def _backup(home: Path) -> Nightly:
    from xiaojia.project.safekeeping.taking import folder_of, is_due

    return nightly.backup(
        home,
        is_due=partial(is_due, folder_of(home), hour=nightly.HOUR),
        say=partial(say, child="backup"),
    )


def _environment(urls: Urls, home: Path, *, is_lan: bool, is_demo: bool) -> dict[str, str]:
    """What pages and worker are told; never the owner's address."""
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_OWNER_URL"}
    return environment | {
        "XIAOJIA_HOME": str(home),
        "DATABASE_URL": urls.serving,
        "XIAOJIA_LAN": "1" if is_lan else "0",
        "XIAOJIA_DEMO": "1" if is_demo else "0",
    }


def prepare(urls: Urls, *, home: Path = XIAOJIA_HOME, has_static: bool = True) -> None:
    """Roles, migrations (as the owner) and static files, in one child so that this process stays small."""
    command = [sys.executable, "-m", "xiaojia.project.processes.preparing"]
    addresses = {"DATABASE_URL": urls.serving, "DATABASE_OWNER_URL": urls.owner, "XIAOJIA_AS_OWNER": "1"}
    addresses["XIAOJIA_HOME"] = str(home)
    if not has_static:
        command.append("--no-static")
    if subprocess.run(command, env=os.environ | addresses, check=False).returncode != 0:
        raise NotPrepared("小家没有开，因为数据库或页面没有准备好，原因在上面几行；照着改好，再来一次。")


def _write_address(lock: IO[str], url: str) -> None:
    lock.seek(0)
    lock.truncate()
    lock.write(json.dumps({"url": url, "pid": os.getpid()}))
    lock.flush()


def built_assets() -> Path:
    """Where esbuild leaves styles and scripts."""
    return Path(__file__).resolve().parent.parent.parent / "assets" / "built"
