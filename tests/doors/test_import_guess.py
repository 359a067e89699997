"""What a file is guessed to be: by names in English and Chinese, by what stands in the cells, with reasons told."""

from pathlib import Path

import pytest

from tests.doors.import_files_kit import bring, put
from walras.doors.files import Mark, guess


@pytest.mark.parametrize(
    ("header", "row", "wanted"),
    [
        ("user_id,item_id,timestamp", "u1,i1,1700000000", {"person": "user_id", "item": "item_id", "time_unit": "s"}),
        ("用户ID,商品ID,时间,行为类型", "甲,乙,2024-05-01 08:00:00,加购",
         {"person": "用户ID", "item": "商品ID", "time_unit": "text"}),
        ("Customer ID,StockCode,InvoiceDate,Price", "1,X,2011-12-09 12:50,2.5", {"outcome": "order", "value": "Price"}),
        ("uid,vid,ts,duration_ms", "1,2,1700000000000,9000", {"time_unit": "ms", "duration_scale": 0.001}),
        ("visitorid,event,itemid,timestamp", "1,view,2,1433221332117", {"outcomes": {"view": "click"}}),
        ("session_id,user,item,day", "5,u,i,20240501", {"person": "user", "time_unit": "date"}),
    ],
)  # fmt: skip
def test_columns_by_their_names(tmp_path: Path, header: str, row: str, wanted: dict[str, object]) -> None:
    found = guess(put(tmp_path / "x.csv", f"{header}\n{row}\n{row}\n"))
    assert {name: getattr(found.mapping, name) for name in wanted} == wanted
    assert found.reasons and found.rows[0] == tuple(row.split(","))


def test_a_rating_is_parted_by_its_own_scale(tmp_path: Path) -> None:
    found = guess(put(tmp_path / "x.csv", "user,item,rating,time\na,1,9,1700000000\nb,2,3,1700000000\n"))
    assert found.mapping.marks == (
        Mark("rate", "rating", at_least=7.0, value="rating"),
        Mark("rate_low", "rating", below=7.0, value="rating"),
    )


def test_columns_without_names_by_what_stands_in_them(tmp_path: Path, home: Path) -> None:
    text = "1,2268318,2520377,pv,1511544070\n1,2333346,2520771,buy,1511561733\n2,2576651,149192,fav,1511572885\n"
    _, log = bring(home, put(tmp_path / "UserBehavior.csv", text))
    assert log.said("person", "item", "outcome", "time_ms") == [
        ("1", "2268318", "click", 1_511_544_070_000),
        ("1", "2333346", "order", 1_511_561_733_000),
        ("2", "2576651", "save", 1_511_572_885_000),
    ]


def test_flags_in_two_languages(tmp_path: Path) -> None:
    found = guess(put(tmp_path / "x.csv", "用户,视频,时间,是否点赞,is_follow,播放时长\n甲,乙,1700000000,1,0,12.5\n"))
    assert found.mapping.flags == {"是否点赞": "like", "is_follow": "follow"}
    assert found.mapping.marks[0].outcome == "watch"


def test_a_list_of_items_is_told_from_behaviour(tmp_path: Path, home: Path) -> None:
    path = put(tmp_path / "x.csv", "sku,name,category,brand\n1,Drill,tools/power,Bosch\n2,Saw,tools,\n")
    found = guess(path)
    assert (found.kind, found.mapping.title, found.mapping.topics) == ("items", "name", "category")
    _, log = bring(home, path)
    assert log.items["1"].topics == ("tools", "power") and log.items["1"].owner == "Bosch"


def test_the_guess_as_toml_is_what_is_imported(tmp_path: Path, home: Path) -> None:
    path = put(tmp_path / "x.csv", "user_id,item_id,timestamp,is_like\na,1,1700000000,1\n")
    assert 'person = "user_id"' in guess(path).toml() and '"is_like" = "like"' in guess(path).toml()
    first, second = bring(home, path), bring(tmp_path / "b", path, mapping=guess(path).mapping)
    assert first[1].events == second[1].events
