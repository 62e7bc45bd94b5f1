"""What `xiaojia serve` does before and around the process tree."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

from xiaojia.project.processes.postgres import Cluster
from xiaojia.project.processes.tree import AlreadyRunning, Tree, free_port, only_one, web, worker
from xiaojia.project.settings.home import XIAOJIA_HOME

NOT_BUILT: Final = "The pages' styles are not built yet: run 'make setup' (it needs Node 20), then start again."


def serve(*, port: int, is_lan: bool = False, is_demo: bool = False, opens_at: str = "/") -> int:
    """Serve until told to stop. Our own running instance is named instead of a second one started."""
    try:
        with only_one(XIAOJIA_HOME) as lock:
            return _serve(lock, port, is_lan, is_demo, opens_at)
    except AlreadyRunning as running:
        print(f"小家已经开着：{running.url}")
        return 0


def _serve(lock: object, port: int, is_lan: bool, is_demo: bool, opens_at: str) -> int:
    from xiaojia.project.processes.demo_guard import refuse_real_data

    cluster = None if os.environ.get("DATABASE_URL") else Cluster(XIAOJIA_HOME)
    environment = dict(os.environ)
    if cluster is not None:
        urls = cluster.start()
        environment |= {"DATABASE_URL": urls.serving, "DATABASE_OWNER_URL": urls.owner}
    try:
        host = "0.0.0.0" if is_lan else "127.0.0.1"  # noqa: S104  # asked for with --lan
        environment |= {"XIAOJIA_LAN": "1" if is_lan else "0", "XIAOJIA_DEMO": "1" if is_demo else "0"}
        prepare(environment)
        if is_demo:
            refuse_real_data(environment["DATABASE_OWNER_URL"], is_external=cluster is None, is_lan=is_lan)
        port = free_port(port, host)
        url = f"http://127.0.0.1:{port}"
        _write_address(lock, url)
        print(f"小家开好了，在浏览器里打开 {url}{opens_at}\n要停下，按 Ctrl+C。", flush=True)
        Tree(cluster, [web(port, host, environment, XIAOJIA_HOME / "static"), worker(environment)]).run()
    finally:
        if cluster is not None:
            cluster.stop()
    print("小家停好了。")
    return 0


def prepare(environment: dict[str, str]) -> None:
    """Migrations (as the owner) and static files, in one child so that this process stays small."""
    subprocess.run(
        [sys.executable, "-m", "xiaojia.project.processes.preparing"],
        env=environment | {"XIAOJIA_AS_OWNER": "1"},
        check=True,
    )


def migrate() -> None:
    """The same for the commands; the addresses stand in the environment."""
    prepare(dict(os.environ))


def _write_address(lock: object, url: str) -> None:
    import json
    from io import TextIOBase

    assert isinstance(lock, TextIOBase)
    lock.seek(0)
    lock.truncate()
    lock.write(json.dumps({"url": url, "pid": os.getpid()}))
    lock.flush()


def built_assets() -> Path:
    """Where esbuild leaves styles and scripts."""
    return Path(__file__).resolve().parent.parent.parent / "assets" / "built"
