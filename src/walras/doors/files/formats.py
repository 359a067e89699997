"""Public formats by name: each looks at a file's head and says how its rows are read, or that it is not of its kind.

Names of columns are those the sources publish: GroupLens' readme files, the Amazon review pages of 2014, 2018 and
2023, KuaiRand's and KuaiRec's readme files, Google's BigQuery export schema, and Gorse's bulk and older CSV exports.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from walras.doors.files.heads import Head
from walras.doors.files.mapping import Mapping, Mark
from walras.doors.files.tables import Layout
from walras.doors.files.words import outcome_words


@dataclass(frozen=True, slots=True)
class Part:
    """One file of an import, and how it is read."""

    path: Path
    format: str
    kind: str  # events, items, people; mixed: its lines say themselves
    layout: Layout
    mapping: Mapping
    reason: str
    sure: bool = True  # whether its looks alone tell; else the format must be named


Build = Callable[[Head], Part | None]
_GOOD = 4.0


def _ratings(column: str) -> tuple[Mark, ...]:
    return (Mark("rate", column, at_least=_GOOD, value=column), Mark("rate_low", column, below=_GOOD, value=column))


def _part(head: Head, name: str, kind: str, mapping: Mapping, reason: str, **layout: object) -> Part:
    return Part(head.path, name, kind, replace(head.layout, **layout), mapping, reason)  # type: ignore[arg-type]


def _base_name(path: Path) -> str:
    return path.name.lower().removesuffix(".gz")


# ---------------------------------------------------------------- MovieLens

_GENRES = (
    *("unknown", "Action", "Adventure", "Animation", "Children's", "Comedy", "Crime", "Documentary", "Drama"),
    *("Fantasy", "Film-Noir", "Horror", "Musical", "Mystery", "Romance", "Sci-Fi", "Thriller", "War", "Western"),
)
_ML_RATING = Mapping(person="user", item="movie", time="time", time_unit="s", marks=_ratings("rating"))
_ML_HEADERLESS: dict[int, tuple[str, ...]] = {
    3: ("movie", "title", "genres"),
    4: ("user", "movie", "rating", "time"),
    5: ("user", "gender", "age", "occupation", "zip"),
}


def movielens(head: Head) -> Part | None:
    """ml-100k (u.data, u.item, u.user), ml-1m (.dat), ml-10m to 32m (ratings and movies as .dat or .csv)."""
    columns = set(head.columns)
    if {"userId", "movieId", "rating"} <= columns:
        mapping = Mapping(person="userId", item="movieId", time="timestamp", time_unit="s", marks=_ratings("rating"))
        return _part(head, "movielens", "events", mapping, "It has MovieLens' userId, movieId, rating.")
    if {"movieId", "title", "genres"} <= columns:
        mapping = Mapping(item="movieId", title="title", topics="genres")
        return _part(head, "movielens", "items", mapping, "It has MovieLens' movieId, title, genres.")
    if head.layout.separator == "::" and len(head.columns) in _ML_HEADERLESS:
        return _ml_plain(head, len(head.columns), "It is separated by `::`, as ml-1m is.")
    return _ml_100k(head)


def _ml_100k(head: Head) -> Part | None:
    name, cells = _base_name(head.path), len(head.columns)
    if re.fullmatch(r"u\.data|u[1-5ab]\.(base|test)", name) and cells == 4:
        return _ml_plain(head, 4, "It is named as ml-100k's ratings are.")
    if name == "u.user" and cells == 5:
        columns = ("user", "age", "gender", "occupation", "zip")
        return _ml_people(head, columns, "It is ml-100k's list of people.")
    if head.layout.separator == "|" and cells == 24:
        film = ("movie", "title", "released", "video", "url", *_GENRES)
        mapping = Mapping(item="movie", title="title", topic_flags={genre: genre for genre in _GENRES[1:]})
        reason = "It has ml-100k's 24 columns of a film."
        return _part(head, "movielens", "items", mapping, reason, columns=film, header=False, quotes=False)
    return None


def _ml_plain(head: Head, cells: int, reason: str) -> Part:
    columns = _ML_HEADERLESS[cells]
    if cells == 5:
        return _ml_people(head, columns, reason)
    mapping = _ML_RATING if cells == 4 else Mapping(item="movie", title="title", topics="genres")
    kind = "events" if cells == 4 else "items"
    return _part(head, "movielens", kind, mapping, reason, columns=columns, header=False, quotes=False)


def _ml_people(head: Head, columns: tuple[str, ...], reason: str) -> Part:
    mapping = Mapping(person="user", attributes=("gender", "age", "occupation"))
    return _part(head, "movielens", "people", mapping, reason, columns=columns, header=False, quotes=False)


# ---------------------------------------------------------------- Amazon reviews

_AMAZON_USER = re.compile(r"^A[A-Z0-9]{9,27}$")
_AMAZON_ITEM = re.compile(r"^([0-9]{9}[0-9X]|B[A-Z0-9]{9})$")


def amazon(head: Head) -> Part | None:
    """Reviews and products of 2014, 2018 and 2023, and the files of ratings only."""
    columns = set(head.columns)
    if {"reviewerID", "asin", "overall"} <= columns:
        mapping = Mapping(person="reviewerID", item="asin", time="unixReviewTime", time_unit="s",
                          marks=_ratings("overall"))  # fmt: skip
        return _part(head, "amazon", "events", mapping, "It has the reviewerID, asin, overall of 2014 and 2018.")
    item = "parent_asin" if "parent_asin" in columns else "asin"
    if {"user_id", item, "rating", "timestamp"} <= columns:
        mapping = Mapping(person="user_id", item=item, time="timestamp", time_unit="ms", marks=_ratings("rating"))
        return _part(head, "amazon", "events", mapping, f"It has the user_id, {item}, rating, timestamp of 2023.")
    if item in columns and "title" in columns and columns & {"categories", "category", "brand", "store", "description"}:
        return _part(head, "amazon", "items", _amazon_product(item, columns), "It describes products by asin.")
    return _amazon_ratings(head) if not head.layout.header and len(head.columns) == 4 else None


def _amazon_product(item: str, columns: set[str]) -> Mapping:
    def first(*names: str) -> str:
        return next((name for name in names if name in columns), "")

    return Mapping(
        item=item,
        title="title",
        item_kind="product",
        owner=first("store", "brand"),
        topics=first("categories", "category"),
        text=first("description", "feature"),
    )


def _amazon_ratings(head: Head) -> Part | None:
    """Ratings only: 2014 has the person first, 2018 the product."""
    first, second = head.cells(head.columns[0]), head.cells(head.columns[1])
    people_first = sum(
        bool(_AMAZON_USER.match(a) and _AMAZON_ITEM.match(b)) for a, b in zip(first, second, strict=True)
    )
    items_first = sum(bool(_AMAZON_USER.match(b) and _AMAZON_ITEM.match(a)) for a, b in zip(first, second, strict=True))
    if max(people_first, items_first) * 2 < len(head.rows) or not head.rows:
        return None
    order = ("user", "item") if people_first >= items_first else ("item", "user")
    mapping = Mapping(person="user", item="item", time="time", time_unit="s", marks=_ratings("rating"))
    reason = f"It holds Amazon's ratings, {'person' if order[0] == 'user' else 'product'} first."
    return _part(head, "amazon", "events", mapping, reason, columns=(*order, "rating", "time"))


# ---------------------------------------------------------------- S3-Rec's text files


def s3rec(head: Head) -> Part | None:
    """Lines of a person and all items in order, and the attributes of items as one JSON object."""
    if head.layout.shape == "jsonl":
        if not re.match(r'^\{\s*"[^"]+":\s*\[\s*("?[^,\[\{]+?"?\s*)(,|\])', head.text):
            return None
        layout = {"shape": "s3rec-attributes", "columns": ("item", "topics")}
        mapping = Mapping(item="item", topics="topics")
        return _part(head, "s3rec", "items", mapping, "It is one object of items and their attributes.", **layout)
    lines = [line.split() for line in head.text.split("\n")[:100] if line.strip()]
    plain = all(word.isalnum() for line in lines for word in line) and sum(len(line) > 1 for line in lines) * 2 > len(
        lines
    )
    if head.layout.shape != "csv" or not plain or any(mark in head.text for mark in (",", "\t", ";", "|")):
        return None
    numbers = all(word.isdigit() for line in lines for word in line)
    mapping = Mapping(person="person", item="item", time="time", time_unit="ms", outcome="engage")
    reason = "Each line is a person and what that person took, oldest first; times are made up, one an hour."
    part = _part(head, "s3rec", "events", mapping, reason, shape="s3rec", columns=("person", "item", "time"))
    return replace(part, sure=numbers)


# ---------------------------------------------------------------- KuaiRand and KuaiRec

_KUAI_FLAGS = {
    "is_click": "click",
    "is_like": "like",
    "is_follow": "follow",
    "is_comment": "comment",
    "is_forward": "share",
    "is_hate": "dislike",
    "long_view": "long_view",
}
_KUAI_PERSON = (
    "user_active_degree",
    "is_live_streamer",
    "is_video_author",
    "register_days_range",
    "fans_user_num_range",
)


def kuairand(head: Head) -> Part | None:
    """Logs (all sizes, standard and random; also a selection with a `label`), videos' and people's features."""
    columns = set(head.columns)
    if {"user_id", "video_id", "time_ms", "play_time_ms"} <= columns:
        return _part(head, "kuairand", "events", _kuairand_log(head), "It has KuaiRand's play_time_ms and flags.")
    if {"video_id", "author_id", "video_type"} <= columns and "date" not in columns:
        duration = "video_duration" if "video_duration" in columns else ""
        mapping = Mapping(item="video_id", owner="author_id", topics="tag" if "tag" in columns else "",
                          topic_separator=",", duration=duration, duration_scale=0.001,
                          created="upload_dt" if "upload_dt" in columns else "", zone="Asia/Shanghai")  # fmt: skip
        return _part(head, "kuairand", "items", mapping, "It has KuaiRand's features of videos.")
    if {"user_id", "user_active_degree"} <= columns:
        mapping = Mapping(person="user_id", attributes=tuple(name for name in _KUAI_PERSON if name in columns))
        return _part(head, "kuairand", "people", mapping, "It has KuaiRand's features of people.")
    return None


def _kuairand_log(head: Head) -> Mapping:
    columns = set(head.columns)
    flags = {column: outcome for column, outcome in _KUAI_FLAGS.items() if column in columns}
    liking = (Mark("like", "label", at_least=0.5), Mark("dislike", "label", below=0.5))
    marks = (
        Mark("exposure"),
        *(Mark(outcome, column) for column, outcome in flags.items()),
        *(liking if "label" in columns and not columns & {"is_like", "is_hate"} else ()),
        Mark("watch", "play_time_ms", at_least=1.0, value="play_time_ms", scale=0.001),
    )
    return Mapping(
        person="user_id",
        item="video_id",
        time="time_ms",
        time_unit="ms",
        marks=marks,
        surface="tab" if "tab" in columns else "",
        duration="duration_ms" if "duration_ms" in columns else "",
        duration_scale=0.001,
    )


def kuairec(head: Head) -> Part | None:
    """big_matrix and small_matrix, captions with categories, item_categories, item_daily_features."""
    columns = set(head.columns)
    if {"user_id", "video_id", "play_duration", "watch_ratio"} <= columns:
        marks = (
            Mark("exposure"),
            Mark("long_view", "watch_ratio", at_least=1.0),
            Mark("watch", "play_duration", at_least=1.0, value="play_duration", scale=0.001),
        )
        mapping = Mapping(person="user_id", item="video_id", time="timestamp", time_unit="s", marks=marks,
                          duration="video_duration", duration_scale=0.001)  # fmt: skip
        return _part(head, "kuairec", "events", mapping, "It has KuaiRec's play_duration and watch_ratio.")
    mapping_of_items = _kuairec_items(columns)
    if mapping_of_items is None:
        return None
    return _part(head, "kuairec", "items", mapping_of_items, "It describes KuaiRec's videos.")


def _kuairec_items(columns: set[str]) -> Mapping | None:
    if {"video_id", "caption"} <= columns:
        topics = next((c for c in ("first_level_category_name", "topic_tag") if c in columns), "")
        text = "manual_cover_text" if "manual_cover_text" in columns else ""
        return Mapping(item="video_id", title="caption", text=text, topics=topics, topic_separator=",")
    if columns == {"video_id", "feat"}:
        return Mapping(item="video_id", topics="feat", topic_separator=",")
    if {"video_id", "author_id", "date", "video_type"} <= columns:
        return Mapping(item="video_id", owner="author_id", created="upload_dt", zone="Asia/Shanghai")
    return None


# ---------------------------------------------------------------- GA4 and Gorse

_GA4_OUTCOMES = {
    **{"view_item_list": "exposure", "view_promotion": "exposure", "select_item": "click", "select_content": "click"},
    **{"select_promotion": "click", "view_item": "click", "add_to_cart": "cart", "add_to_wishlist": "save"},
    **{"purchase": "order", "in_app_purchase": "order", "share": "share"},
}
GA4_COLUMNS = ("person", "item", "time", "event_name", "value", "surface", "place", "title", "topics", "owner")


def ga4(head: Head) -> Part | None:
    """Rows of the tables events_YYYYMMDD as lines of JSON or as Parquet; one event for each of a row's items."""
    if not {"event_name", "event_timestamp", "user_pseudo_id"} <= set(head.columns):
        return None
    mapping = Mapping(
        **{name: name for name in ("person", "item", "time", "surface", "place", "title", "topics", "owner", "value")},  # type: ignore[arg-type]
        outcome_column="event_name",
        outcomes={**outcome_words(), **_GA4_OUTCOMES},
        other_outcome="-",
        time_unit="us",
        item_kind="product",
    )
    shape = "ga4-parquet" if head.layout.shape == "parquet" else "ga4"
    reason = "It has GA4's event_name, event_timestamp and user_pseudo_id."
    return _part(head, "ga4", "events", mapping, reason, shape=shape, columns=GA4_COLUMNS)


def gorse(head: Head) -> Part | None:
    """Gorse's users, items and feedback as lines of JSON, or as the CSV of its earlier releases."""
    columns = set(head.columns)
    if {"FeedbackType", "UserId", "ItemId"} <= columns:
        return _gorse_feedback(head, ("UserId", "ItemId", "Timestamp", "FeedbackType", "Value"))
    if {"feedback_type", "user_id", "item_id"} <= columns:
        return _gorse_feedback(head, ("user_id", "item_id", "time_stamp", "feedback_type", "value"))
    if {"ItemId", "Categories"} <= columns:
        return _gorse_items(head, ("ItemId", "Comment", "Categories", "Timestamp", "IsHidden", "Labels"))
    if {"item_id", "is_hidden", "categories"} <= columns:
        return _gorse_items(head, ("item_id", "description", "categories", "time_stamp", "is_hidden", "labels"))
    if {"UserId", "Labels"} <= columns or columns == {"user_id", "labels"}:
        person, labels = ("UserId", "Labels") if "UserId" in columns else ("user_id", "labels")
        return _part(head, "gorse", "people", Mapping(person=person, attributes=(labels,)), "It lists Gorse's users.")
    return None


def _gorse_feedback(head: Head, names: tuple[str, ...]) -> Part:
    person, item, time, kind, value = (name if name in head.columns else "" for name in names)
    # Gorse stores 0 where a client gave no value, which here would say that nothing happened.
    mapping = Mapping(person=person, item=item, time=time, time_unit="text" if time else "order", outcome_column=kind,
                      outcomes=outcome_words(), other_outcome="engage", value=value, zero_means_one=True)  # fmt: skip
    return _part(head, "gorse", "events", mapping, "It has Gorse's feedback type, user and item.")


def _gorse_items(head: Head, names: tuple[str, ...]) -> Part:
    item, title, topics, created, hidden, labels = (name if name in head.columns else "" for name in names)
    mapping = Mapping(item=item, title=title, topics=topics, created=created, hidden=hidden,
                      attributes=(labels,) if labels else ())  # fmt: skip
    return _part(head, "gorse", "items", mapping, "It lists Gorse's items.")


# ---------------------------------------------------------------- our own


def walras(head: Head) -> Part | None:
    """Walras' own lines: each an event, an item or a person, named by its `type`."""
    columns = set(head.columns)
    typed = "type" in columns and {cell for cell in head.cells("type") if cell} <= {"event", "item", "person"}
    if head.layout.shape != "jsonl" or not (typed or {"person", "outcome", "time_ms"} <= columns):
        return None
    mapping = Mapping(
        id="id",
        person="person",
        item="item",
        owner="owner",
        time="time_ms",
        time_unit="ms",
        outcome_column="outcome",
        value="value",
        surface="surface",
        page="page",
        place="place",
        context_json="context",
    )
    columns_out = tuple(mapping.columns())
    return _part(head, "walras", "mixed", mapping, "Its lines are Walras' own.", shape="walras", columns=columns_out)


# The order of trying: the more telling heads first.
FORMATS: dict[str, Build] = {
    "walras": walras,
    "ga4": ga4,
    "gorse": gorse,
    "kuairand": kuairand,
    "kuairec": kuairec,
    "amazon": amazon,
    "movielens": movielens,
    "s3rec": s3rec,
}
