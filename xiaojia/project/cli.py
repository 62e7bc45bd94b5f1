"""The command `xiaojia`. Heavy things are imported where they are needed, so that `--help` is quick."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Final

from xiaojia.project.installation import XIAOJIA_HOME

if TYPE_CHECKING:
    from xiaojia.project.processes.postgres import Urls

COMMANDS: Final = {
    "serve": "serve pages and do the work until Ctrl+C",
    "demo": "a simulated community, or real blocks with --blocks, ready to look at",
    "plan": "divide a CSV of buildings: plan INPUT.csv --out PLAN.csv --report REPORT.json",
    "triage": "learn casekinds from labelled messages: triage train|evaluate",
    "apikey": "keys for other programs, and the public service: apikey add|end|list|open|close",
    "cases": "a table of cases from elsewhere: cases FILE CODE [--take]",
    "migrate": "bring the database to this version",
    "community": "open a community: community add CODE NAME",
    "divisions": "read division tables (CSV with code and name): divisions FILE.csv ... --as-of DATE",
    "account": "give somebody a desk: account add USERNAME NAME ROLE CODE; account password|reset USERNAME",
    "backup": "write everything into one encrypted file: backup [FILE]",
    "restore": "bring a backup onto a machine without data: restore FILE",
    "drill": "restore the newest backup into a throw-away home, verify it there, say how long it took",
    "keys": "the recovery sheet on paper, and new keys: keys sheet [FILE.html], keys check, keys rotate",
    "verify": "recompute the audit trail and every domain's own checks",
    "worker": "do queued work (serve starts one by itself)",
}
"""Every command with its one line of help."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; every error that a person can mend is one sentence on stderr and exit code 2."""
    words = list(sys.argv[1:] if argv is None else argv)
    return _told(lambda: _run(words))


def _told(command: Callable[[], int]) -> int:
    from xiaojia.kernel.refusals import Refused

    try:
        return command()
    except KeyboardInterrupt:
        return 130
    except (Refused, OSError) as error:
        print(error, file=sys.stderr)
        return 2


def _run(words: Sequence[str]) -> int:
    """`plan`, `triage`, `apikey`, `cases`, `demo` read their own words; all others stand in `_parser`."""
    if words[:1] == ["plan"]:
        from xiaojia.project import plan_command

        return plan_command.run(words[1:])
    if words[:1] == ["triage"]:
        from xiaojia.project import triage_command

        return triage_command.run(words[1:])
    if words[:1] == ["apikey"]:
        from xiaojia.project import apikey_command

        return apikey_command.run(words[1:])
    if words[:1] == ["cases"]:
        from xiaojia.project import import_command

        return import_command.run(words[1:])
    if words[:1] == ["demo"]:
        from xiaojia.project import demo

        return demo.run(words[1:])
    options = _parser().parse_args(words)
    command: Callable[[argparse.Namespace], int] = options.run
    return command(options)


def _parser() -> argparse.ArgumentParser:
    from xiaojia.project.safekeeping import commands as safekeeping

    parser = argparse.ArgumentParser(
        prog="xiaojia",
        description="小家: a community's micro-grids on one computer. COMMAND --help explains a command.",
    )
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    runs = {
        "serve": _serve,
        "migrate": _migrate,
        "community": _community,
        "divisions": _divisions,
        "account": _account,
        "verify": _verify,
        "worker": _worker,
    }
    subs: dict[str, argparse.ArgumentParser] = {}
    for name, text in COMMANDS.items():
        subs[name] = commands.add_parser(name, help=text, description=text)
        subs[name].set_defaults(run=runs.get(name))
    safekeeping.backup_words(subs["backup"])
    safekeeping.restore_words(subs["restore"])
    safekeeping.drill_words(subs["drill"])
    safekeeping.keys_words(subs["keys"])
    _serve_words(subs["serve"])
    subs["community"].add_argument("verb", choices=["add"])
    subs["community"].add_argument("code", help="12-digit division code")
    subs["community"].add_argument("name")
    subs["divisions"].add_argument("files", nargs="+", type=Path)
    subs["divisions"].add_argument(
        "--as-of", type=date.fromisoformat, required=True, help="date of the tables, 2023-06-30"
    )
    _account_words(subs["account"])
    subs["worker"].add_argument("--one-shot", action="store_true", help="until the queue is empty")
    return parser


def _serve_words(serve: argparse.ArgumentParser) -> None:
    serve.add_argument("--port", type=int, default=8300, help="8300 if not said; a taken one gives the next")
    serve.add_argument(
        "--lan", action="store_true", help="also for staff devices of the office network, plain HTTP"
    )
    serve.add_argument(
        "--demo", action="store_true", help="simulated communities only: look at it as any role"
    )


def _account_words(account: argparse.ArgumentParser) -> None:
    account.add_argument(
        "verb",
        choices=["add", "password", "reset"],
        help="reset: no second step any more, signed out everywhere (a lost phone)",
    )
    account.add_argument("username")
    account.add_argument("name", nargs="?", default="")
    account.add_argument("role", nargs="?", choices=["secretary", "officer"], default="officer")
    account.add_argument("code", nargs="?", default="", help="12-digit code of the community")


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


@contextmanager
def prepared() -> Iterator[None]:
    """The database at this version, and Django on it: what every command that writes needs.

    A process of its own prepares as the owner; when our own database has everything, it is not started.
    """
    from xiaojia.kernel import secrets
    from xiaojia.project.processes.database import external
    from xiaojia.project.processes.preparing import has_new_migrations
    from xiaojia.project.processes.serving import prepare

    is_external = external() is not None
    with database() as urls:
        if is_external or (XIAOJIA_HOME / "keys" / secrets.NEXT).exists():
            prepare(urls, has_static=False)
        start_django()
        if has_new_migrations():
            prepare(urls, has_static=False)
        yield


def _serve(options: argparse.Namespace) -> int:
    from xiaojia.project.processes import serving

    return serving.serve(port=options.port, is_lan=options.lan, is_demo=options.demo)


def _migrate(_options: argparse.Namespace) -> int:
    with prepared():
        print("数据库已经是这一版的样子。")
    return 0


def _community(options: argparse.Namespace) -> int:
    with prepared():
        from xiaojia.domains.places.actions import add_community
        from xiaojia.kernel import clock

        community = add_community(code=options.code, name=options.name, on=clock.today())
    print(f"{community.name} 建好了，代码 {community.code}。")
    return 0


def _divisions(options: argparse.Namespace) -> int:
    with prepared():
        from xiaojia.domains.places.actions import load_divisions
        from xiaojia.project.divisions import read_divisions

        counts = load_divisions(read_divisions(options.files), as_of_on=options.as_of)
    print(f"区划读好了：新 {counts['new']}，改名 {counts['renamed']}，没变 {counts['same']}。")
    return 0


def _account(options: argparse.Namespace) -> int:
    with prepared():
        if options.verb == "password":
            _change_password(options.username)
            print("密码换好了。")
        elif options.verb == "reset":
            _reset_account(options.username)
            print("第二步关掉了，所有地方都退出了；用密码重新登录，再开第二步。")
        else:
            _add_account(options)
            print(f"{options.name} 可以登录了。")
    return 0


def _add_account(options: argparse.Namespace) -> None:
    """Account and desk together, or neither."""
    from django.db import transaction

    from xiaojia.domains.people.actions import add_account
    from xiaojia.domains.places.queries import communities
    from xiaojia.domains.teams.actions import open_desk
    from xiaojia.kernel import clock
    from xiaojia.kernel.refusals import Refused

    community = communities().filter(code=options.code).first()
    if community is None or not options.name:
        raise Refused(
            f"登录名没有建，因为要写全“登录名 姓名 角色 社区代码”，而代码“{options.code}”还没有社区；"
            "先用 community add 建社区，再来。"
        )
    password = _asked("密码 ")
    with transaction.atomic():
        account = add_account(username=options.username, name=options.name, password=password)
        open_desk(account_id=account.pk, community_id=community.pk, role=options.role, on=clock.today())


def _change_password(username: str) -> None:
    from xiaojia.domains.people import actions, queries
    from xiaojia.kernel.refusals import Refused

    account = queries.account_named(username)
    if account is None:
        raise Refused(f"密码没有换，因为没有“{username}”这个登录名；看看有没有抄错，再来。")
    actions.set_password(account, _asked("新密码 "))


def _reset_account(username: str) -> None:
    """For a secretary who lost the phone: nobody of the community may do this for them."""
    from django.db import transaction

    from xiaojia.domains.people import queries
    from xiaojia.domains.people.accounts import second_step, sign_ins
    from xiaojia.kernel import clock
    from xiaojia.kernel.refusals import Refused

    account = queries.account_named(username)
    if account is None:
        raise Refused(f"什么都没有改，因为没有“{username}”这个登录名；看看有没有抄错，再来。")
    with transaction.atomic():
        second_step.end(by=None, account=account, at=clock.now())
        sign_ins.end_others(by=None, account=account, keep="", at=clock.now())


def _asked(prompt: str) -> str:
    """A password typed unseen, or one line from a pipe; never on the command line, which others can see."""
    from getpass import getpass

    return getpass(prompt) if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")


def _verify(_options: argparse.Namespace) -> int:
    with prepared():
        from xiaojia.project.verify import verify

        return verify()


def _worker(options: argparse.Namespace) -> int:
    start_django()
    from xiaojia.kernel.jobs import run_worker

    run_worker(one_shot=options.one_shot)
    return 0


if __name__ == "__main__":
    sys.exit(main())
