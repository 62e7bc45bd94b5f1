"""320 invented sentences (模拟) of eight kinds, as neighbours say them; no text of anybody stands here."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Final

from xiaojia.engines.triage import Heard

PLACES: Final = ("三栋二单元", "后门口", "五楼过道", "院坝里头", "一号楼底下")
TIMES: Final = ("昨天晚上", "这几天", "今早七点过", "上个礼拜起", "一直", "刚才", "中午", "下雨过后")
SAID: Final = {
    "leak": ("{t}{p}在漏水，地上全是积水", "{p}水管爆了，{t}就没停过", "{t}{p}天花板滴水，墙都泡胀了",
             "{p}下水道堵了返水，{t}臭得很", "{t}{p}水表旁边的阀门渗水"),
    "light": ("{p}的路灯{t}不亮", "{t}{p}声控灯坏了，老人怕摔", "{p}灯泡闪得眼睛疼，{t}都这样",
              "{t}{p}黑灯瞎火，没人换灯", "{p}的感应灯{t}亮一下就熄"),
    "parking": ("{t}{p}停了个车把消防通道堵死", "{p}有人乱停车，{t}挪都挪不开", "{t}{p}摩托车占了车位",
                "{p}僵尸车摆起不动，{t}没人管", "{t}{p}货车停在斑马线上"),
    "rubbish": ("{p}垃圾桶满了，{t}没人清运", "{t}有人在{p}丢建筑垃圾", "{p}的废旧沙发{t}摆在那里",
                "{t}{p}垃圾袋被猫扯烂，一地都是", "{p}泡沫盒纸板堆起，{t}收荒的也不来"),
    "noise": ("{t}{p}楼上装修打孔吵得睡不着", "{p}跳坝坝舞音响太大，{t}都闹", "{t}{p}狗叫个不停",
              "{p}麻将馆{t}吵到半夜", "{t}{p}唱歌的声音震得窗户响"),
    "dispute": ("{p}两家人为晾衣服{t}吵架，请来调解", "{t}{p}邻居占了公用地方种菜，说不拢",
                "{p}漏水赔偿两家{t}谈不好", "{t}{p}两户为孩子打架闹矛盾", "{p}租客和房东{t}为押金扯皮"),
    "care": ("{p}独居的婆婆{t}没出门，担心她", "{t}{p}王大爷买不了菜，想有人帮忙", "{p}老人{t}感冒了没人照看",
             "{t}{p}残疾邻居想请人陪去医院", "{p}有个娃儿{t}放学没人接"),
    "question": ("请问{p}的居住证明{t}在哪里办", "{t}想问{p}老年卡怎么办", "{p}的医保{t}要交多少，请问一下",
                 "{t}问一下{p}装电梯要哪些手续", "请问{p}几号开坝坝会，{t}没看到通知"),
}  # fmt: skip
"""Kind -> sentences with {p}lace and {t}ime."""


def said() -> Iterator[tuple[Heard, str]]:
    """Every sentence with eight of its places and times; every other one with a title."""
    for kind, sentences in SAID.items():
        for number, (sentence, k) in enumerate(product(sentences, range(8))):
            text = sentence.format(p=PLACES[(number + k) % 5], t=TIMES[k])
            yield Heard(text[:8] if number % 2 else "", text), kind
