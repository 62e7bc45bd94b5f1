"""`xiaojia apikey`: keys for other programs of a community, and its public service."""

from __future__ import annotations

import argparse
from collections.abc import Sequence


def run(words: Sequence[str]) -> int:
    """add and end a key, list the living ones, open and close the public service."""
    options = words_of(words)
    from xiaojia.project.cli import prepared

    with prepared():
        return change(options)


def words_of(words: Sequence[str]) -> argparse.Namespace:
    """The verb with what it needs."""
    return _parser().parse_args(words)


def change(options: argparse.Namespace) -> int:
    """The same inside a running Django."""
    from xiaojia.domains.cases.actions import keys, publishing
    from xiaojia.domains.cases.queries.keys import apikeys
    from xiaojia.domains.places.queries import communities
    from xiaojia.kernel import clock
    from xiaojia.kernel.actors import Actor
    from xiaojia.kernel.refusals import Refused
    from xiaojia.kernel.tenancy import entered

    community = communities().filter(code=options.code).first()
    if community is None:
        raise Refused(f"什么都没有改，因为代码“{options.code}”还没有社区；先用 community add 建社区，再来。")
    by, at = Actor.for_job(community_id=community.pk, role="secretary", account_id=0), clock.now()
    with entered(by.scope):
        if options.verb == "add":
            _key, plain = keys.add_apikey(by=by, at=at, name=options.name, role=options.role)
            print(f"{plain}\n这把钥匙只显示这一次；小家只留下它的指纹。")
        elif options.verb == "end":
            keys.end_apikey(by=by, at=at, name=options.name)
            print(f"“{options.name}”的钥匙停了。")
        elif options.verb == "list":
            for key in apikeys(viewer=by):
                print(f"{key.name}\t{key.role}\t{clock.today(key.made_at)}")
        elif options.verb == "open":
            publishing.open_public_service(by=by, at=at, contact=options.name)
            print(f"{community.name} 的公开服务打开了，地址 /open311/v2/，jurisdiction_id={community.code}。")
        else:
            publishing.close_public_service(by=by, at=at)
            print(f"{community.name} 的公开服务关了。")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="xiaojia apikey", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    adding = verbs.add_parser("add", help="a new key, shown once: add NAME CODE")
    ending = verbs.add_parser("end", help="the key opens nothing any more: end NAME CODE")
    opening = verbs.add_parser("open", help="everybody may read public cases: open CONTACT CODE")
    listing = verbs.add_parser("list", help="the living keys: list CODE")
    closing = verbs.add_parser("close", help="nobody may: close CODE")
    for named, what in ((adding, "which program"), (ending, "which program"), (opening, "phone or mail")):
        named.add_argument("name", help=what)
    adding.add_argument(
        "--role", choices=["resident", "officer", "clerk"], default="resident",
        help="resident reports and joins; officer also reads and moves cases; clerk is a till of the store",
    )  # fmt: skip
    for verb in (adding, ending, opening, listing, closing):
        verb.add_argument("code", help="12-digit code of the community")
    return parser
