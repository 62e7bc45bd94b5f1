"""`--demo` lets anybody sit at any desk, so it opens simulated communities only."""

from __future__ import annotations

import psycopg

from xiaojia.kernel.refusals import Refused


def refuse_strangers(*, is_external: bool, is_lan: bool) -> None:
    """Raise Refused, before anything is touched, for an external database or a shared network."""
    if is_external:
        raise Refused("演示没有打开，因为用的是外面的数据库；去掉 DATABASE_URL 再来，演示自己会建一个。")
    if is_lan:
        raise Refused("演示没有打开，因为它谁都能坐任何一张桌子，不能给别的电脑看；去掉 --lan 再来。")


def refuse_real_data(owner_url: str) -> None:
    """Raise Refused unless every community of this database is marked 模拟."""
    with psycopg.connect(owner_url) as connection:
        row = connection.execute("SELECT count(*) FROM places_community WHERE NOT is_simulated").fetchone()
    if row is not None and row[0]:
        raise Refused("演示没有打开，因为这里有真实的社区；换一个 XIAOJIA_HOME 再来，真数据一点没动。")
