"""The command `xiaojia`. Heavy things are imported where they are needed, so that `--help` is quick."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from xiaojia.project.installation import XIAOJIA_HOME

if TYPE_CHECKING:
    from xiaojia.project.processes.postgres import Urls


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; every error that a person can mend is one sentence on stderr and exit code 2."""
    words = list(sys.argv[1:] if argv is None else argv)
    if words[:1] == ["plan"]:
        from xiaojia.project import plan_command

        return plan_command.run(words[1:])
    if words[:1] == ["demo"]:
        from xiaojia.project import demo

        return demo.run(words[1:])
    options = _parser().parse_args(words)
    command: Callable[[argparse.Namespace], int] = options.command
    return _told(command, options)


def _told(command: Callable[[argparse.Namespace], int], options: argparse.Namespace) -> int:
    from xiaojia.kernel.refusals import Refused
    from xiaojia.project.processes.postgres import PostgresDidNotStart, PostgresMissing

    try:
        return command(options)
    except KeyboardInterrupt:
        return 130
    except (Refused, PostgresMissing, PostgresDidNotStart, OSError) as error:
        print(error, file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="xiaojia", description="小家: one community's micro-grids, one command."
    )
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    def add(name: str, command: Callable[[argparse.Namespace], int], text: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=text, description=text)
        sub.set_defaults(command=command)
        return sub

    serve = add("serve", _serve, "serve pages and do the work until Ctrl+C")
    serve.add_argument("--port", type=int, default=8300)
    serve.add_argument(
        "--lan", action="store_true", help="also for staff devices of the office network, plain HTTP"
    )
    serve.add_argument(
        "--demo", action="store_true", help="simulated communities only: look at it as any role"
    )
    add("migrate", _migrate, "bring the database to this version")
    community = add("community", _community, "open a community: community add CODE NAME")
    community.add_argument("verb", choices=["add"])
    community.add_argument("code", help="12-digit division code")
    community.add_argument("name")
    divisions = add("divisions", _divisions, "read division tables (CSV with code and name)")
    divisions.add_argument("files", nargs="+", type=Path)
    divisions.add_argument(
        "--as-of", type=date.fromisoformat, required=True, help="date of the tables, 2023-06-30"
    )
    account = add("account", _account, "give somebody a desk: account add USERNAME NAME ROLE CODE")
    account.add_argument("verb", choices=["add", "password"])
    account.add_argument("username")
    account.add_argument("name", nargs="?", default="")
    account.add_argument("role", nargs="?", choices=["secretary", "officer"], default="officer")
    account.add_argument("code", nargs="?", default="", help="12-digit code of the community")
    add("verify", _verify, "recompute the audit trail and every domain's own checks")
    worker = add("worker", _worker, "do queued work (started by serve)")
    worker.add_argument("--one-shot", action="store_true", help="until the queue is empty")
    plan = commands.add_parser(
        "plan", help="divide a CSV of buildings: plan INPUT.csv --out P.csv --report R.json"
    )
    plan.set_defaults(command=lambda _options: 0)
    demo = commands.add_parser(
        "demo", help="a simulated community, or real blocks with --blocks, ready to look at"
    )
    demo.set_defaults(command=lambda _options: 0)
    return parser


@contextmanager
def database(home: Path = XIAOJIA_HOME) -> Iterator[Urls]:
    """The database, external or our own; its serving address stands where Django's settings look for it."""
    from xiaojia.project.processes.database import opened

    with opened(home) as (urls, _cluster):
        os.environ["DATABASE_URL"] = urls.serving
        yield urls


def start_django() -> None:
    """Settings and apps, as the serving role."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "xiaojia.project.settings")
    import django

    django.setup()


def _serve(options: argparse.Namespace) -> int:
    from xiaojia.project.processes import serving

    return serving.serve(port=options.port, is_lan=options.lan, is_demo=options.demo)


def _migrate(_options: argparse.Namespace) -> int:
    from xiaojia.project.processes.serving import prepare

    with database() as urls:
        prepare(urls, has_static=False)
    print("数据库已经是这一版的样子。")
    return 0


def _community(options: argparse.Namespace) -> int:
    with database():
        start_django()
        from xiaojia.domains.places.actions import add_community
        from xiaojia.kernel import clock

        community = add_community(code=options.code, name=options.name, on=clock.today())
    print(f"{community.name} 建好了，代码 {community.code}。")
    return 0


def _divisions(options: argparse.Namespace) -> int:
    with database():
        start_django()
        from xiaojia.domains.places.actions import load_divisions
        from xiaojia.project.divisions import read_divisions

        counts = load_divisions(read_divisions(options.files), as_of_on=options.as_of)
    print(f"区划读好了：新 {counts['new']}，改名 {counts['renamed']}，没变 {counts['same']}。")
    return 0


def _account(options: argparse.Namespace) -> int:
    from getpass import getpass

    with database():
        start_django()
        from xiaojia.domains.people import actions, queries
        from xiaojia.domains.places.queries import communities
        from xiaojia.domains.teams.actions import open_desk
        from xiaojia.kernel import clock
        from xiaojia.kernel.refusals import Refused

        if options.verb == "password":
            account = queries.account_named(options.username)
            if account is None:
                raise Refused(f"没有“{options.username}”这个登录名；先用 account add 建一个。")
            actions.set_password(account, getpass("新密码 "))
            return 0
        community = communities().filter(code=options.code).first()
        if community is None:
            raise Refused(f"没有代码是“{options.code}”的社区；先用 community add 建一个。")
        account = actions.add_account(username=options.username, name=options.name, password=getpass("密码 "))
        open_desk(account_id=account.pk, community_id=community.pk, role=options.role, on=clock.today())
    print(f"{options.name} 可以登录了。")
    return 0


def _verify(_options: argparse.Namespace) -> int:
    with database():
        start_django()
        from xiaojia.project.verify import verify

        return verify()


def _worker(options: argparse.Namespace) -> int:
    start_django()
    from xiaojia.kernel.jobs import run_worker

    run_worker(one_shot=options.one_shot)
    return 0


if __name__ == "__main__":
    sys.exit(main())
