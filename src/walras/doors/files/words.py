"""How people name columns and behaviour, in English and Chinese: what a guess reads."""

import re

# Names are compared without case, blanks, underscores and dashes; more telling names stand first.
COLUMNS: dict[str, tuple[str, ...]] = {
    "person": (
        *("userid", "user", "uid", "personid", "person", "customerid", "customer", "memberid", "member", "visitorid"),
        *("userpseudoid", "reviewerid", "buyerid", "accountid", "clientid", "deviceid", "openid", "sessionid"),
        *("用户id", "用户", "用户编号", "用户号", "会员id", "会员", "会员编号", "买家id", "顾客", "顾客id", "观众id"),
    ),
    "item": (
        *("itemid", "item", "iid", "videoid", "video", "productid", "product", "sku", "skuid", "goodsid", "movieid"),
        *("movie", "parentasin", "asin", "articleid", "article"),
        *("newsid", "contentid", "content", "postid", "songid"),
        *("trackid", "bookid", "isbn", "photoid", "adid", "docid", "listingid", "jobid", "stockcode", "isbn13"),
        *("商品id", "商品", "商品编号", "视频id", "视频", "作品id"),
        *("作品", "内容id", "文章id", "物品id", "物品", "货号"),
    ),
    "time": (
        *("timestamp", "timems", "eventtime", "time", "ts", "datetime", "createdat", "unixreviewtime", "date"),
        *("eventtimestamp", "invoicedate", "orderdate", "clicktime", "ctime", "occurredat", "unixtime", "day"),
        *("时间", "时间戳", "日期", "发生时间", "行为时间", "下单时间", "创建时间", "点击时间"),
    ),
    "outcome": (
        *("outcome", "event", "eventtype", "eventname", "behavior", "behaviour", "behaviortype", "behaviourtype"),
        *("action", "actiontype", "type", "feedbacktype", "interaction", "interactiontype"),
        *("行为", "行为类型", "事件", "事件类型", "动作", "操作", "操作类型", "类型"),
    ),
    "rating": ("rating", "stars", "overall", "score", "starrating", "评分", "星级", "打分"),
    "value": (
        *("value", "amount", "price", "revenue", "total", "gmv", "payment"),
        *("金额", "价格", "实付", "实付金额", "支付金额", "数值"),
    ),
    "seconds": (
        *("watchseconds", "watchtime", "watchtimes", "watchtimems", "playtime", "playtimems", "playduration"),
        *("playdurationms", "dwelltime", "dwelltimems", "viewtime", "playseconds", "staytime", "listentime"),
        *("观看时长", "播放时长", "观看秒数", "停留时长", "播放秒数"),
    ),
    "owner": (
        *("ownerid", "owner", "authorid", "author", "creatorid", "creator", "sellerid", "seller", "shopid", "shop"),
        *("storeid", "store", "brandid", "brand", "artistid", "artist", "publisherid", "publisher", "channelid"),
        *("作者id", "作者", "主播id", "主播", "店铺id", "店铺", "商家id", "商家", "品牌", "达人"),
    ),
    "surface": (
        "surface", "tab", "scene", "pagename", "placement", "screen", "channel", "场景", "页面", "频道",
        "入口",
    ),
    "place": ("place", "position", "rank", "slot", "pos", "index", "位置", "排名", "坑位"),
    "page": ("pageid", "requestid", "impressionid", "reqid", "请求id", "曝光id"),
    "id": ("eventid", "logid", "事件id"),
    "shown": (
        "shown", "shownitem", "recommended", "recommendeditem", "baselineitem", "推荐商品", "推荐视频",
        "旧推荐",
    ),
    "title": (
        "title", "itemtitle", "name", "itemname", "productname", "caption", "headline", "标题",
        "商品名称", "名称", "视频标题",
    ),
    "text": ("description", "text", "body", "abstract", "summary", "描述", "简介", "正文", "详情"),
    "topics": (
        *("topics", "topic", "tags", "tag", "genres"),
        *("genre", "categories", "category", "categoryid", "itemcategory"),
        *("标签", "类目", "类别", "分类", "话题", "品类", "类目id"),
    ),
    "duration": (
        *("duration", "durations", "durationms", "videoduration", "videodurationms", "length", "durationseconds"),
        *("时长", "视频时长", "作品时长"),
    ),
    "language": ("language", "lang", "语言"),
    "created": (
        "created", "uploadtime", "publishedat", "publishtime", "uploaddt", "releasedate", "发布时间",
        "上架时间", "上传时间",
    ),
}  # fmt: skip
OUTCOMES: dict[str, tuple[str, ...]] = {
    "exposure": (
        "exposure", "impression", "show", "shown", "display", "expose", "view_item_list", "曝光",
        "展示", "展现",
    ),
    "click": (
        "click", "clk", "pv", "view", "pageview", "page_view", "open", "read", "visit", "view_item",
        "clicks",
              "select_item", "detail", "点击", "浏览", "打开", "阅读", "访问", "查看"),
    "watch": ("watch", "play", "观看", "播放"),
    "long_view": (
        "long_view", "longview", "complete", "finish", "finished", "completed", "完播", "长播", "看完",
    ),
    "like": ("like", "liked", "thumbs_up", "thumbup", "star", "upvote", "heart", "love", "点赞", "喜欢", "赞"),
    "comment": ("comment", "reply", "commented", "评论", "回复"),
    "share": ("share", "forward", "repost", "retweet", "shared", "分享", "转发"),
    "save": (
        "save", "fav", "favorite", "favourite", "bookmark", "collect", "add_to_wishlist", "wishlist",
        "saved", "收藏", "加收藏",
    ),
    "follow": ("follow", "subscribe", "关注", "订阅"),
    "unfollow": ("unfollow", "unsubscribe", "取消关注", "取关"),
    "dislike": ("dislike", "hate", "thumbs_down", "not_interested", "downvote", "不感兴趣", "不喜欢", "踩"),
    "report": ("report", "举报", "投诉"),
    "block": ("block", "拉黑", "屏蔽"),
    "skip": ("skip", "swipe", "skipped", "划走", "跳过"),
    "cart": ("cart", "addtocart", "add_to_cart", "basket", "add_cart", "加购", "加购物车", "加入购物车"),
    "order": (
        "order", "buy", "purchase", "pay", "transaction", "ordered", "bought", "conversion", "购买",
        "下单", "支付", "成交", "买",
    ),
    "gift": ("gift", "tip", "donate", "reward", "打赏", "送礼"),
    "rate": ("rate", "rating", "评分"),
    "search": ("search", "query", "搜索"),
    "engage": ("engage", "interact", "interaction", "互动"),
}  # fmt: skip


def plain(name: str) -> str:
    """A column's name without case, blanks, underscores, dashes and dots."""
    return re.sub(r"[\s_\-.:/()（）]+", "", name).lower()


def outcome_words() -> dict[str, str]:
    """Outcomes by every word people use for them."""
    return {word: outcome for outcome, words in OUTCOMES.items() for word in words}


def flag_outcome(column: str) -> str:
    """The outcome of a column of 0 and 1, such as is_like or 是否点赞; empty where it names none."""
    bare = re.sub(r"^(is|has|did|if|was|是否|有无)[_\s]*", "", column.strip().lower()).strip("_ ")
    return outcome_words().get(bare, "")
