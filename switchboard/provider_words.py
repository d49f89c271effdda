"""What models' providers say when they fail, in the words of many: which of them may pass, and which are a no for good.

A provider's HTTP status outranks its words; `error_texts` knows it.
"""

import re


def _words(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns), re.IGNORECASE)


TIMED_OUT = _words(
    r"\bkilled by timeout",
    r"\bdeadline[ _]exceeded",
    r"\btimed[ -]?out\b",
    r"(?:请求|连接|响应|调用|读取)超时",
    # that it happened, not that a parameter is called so
    r"\b(?:connection|connect|read|request|response|operation|server|upstream|gateway) time-?out\b"
    r"(?! (?:is|must|should|parameter|option|value|setting)\b)",
    r"\btime-?out (?:exceeded|expired|reached|while|waiting|after|of \d)|^time-?out\W*$",
    r"\b[A-Za-z]*Timeout(?:Error|Exception|Expired)\b",
    r"\b(?:Connect|Read|Write|Pool)Timeout\b",
)

OVERLOADED = _words(
    r"\boverloaded(?:_error)?\b", r"\btoo busy\b", r"\b(?:at|over|exceeded) capacity\b", "(?:系统|服务器?)繁忙"
)

RATE_LIMITED = _words(
    r"\bthrottl(?:ed|ing)",
    r"\brate[ _-]?limit(?![\w ]{0,10} (?:parameter|option))",
    r"\btoo many requests\b",
    r"\bRESOURCE_EXHAUSTED\b",
    "请求(?:过于|太|过)?频繁|限流|(?:请求|调用)(?:速率|频率)(?:超|达)",
)

OUT_OF_CREDIT = _words(
    r"\binsufficient[_ ](?:quota|credits?|balance|funds)\b",
    r"\binsufficient account balance\b|\bexceeded_current_quota_error\b|\bArrearage\b",
    r"\b(?:credit|account) balance is (?:too low|insufficient)\b",
    "余额不足|欠费",
)
"""What is refused until somebody pays, though some providers give it the status of too many requests."""

_LIMIT = r"(?:(?:the|this|its|available|allowed|model(?:'s)?|maximum|max) )*"
TOO_LONG = _words(
    r"context_(?:length|window)_exceeded",
    r"exceed_context_size",
    r"\bmax(?:imum)? (?:model )?(?:context|prompt|input|sequence) (?:length|size|window)\b(?! (?:parameter|setting))",
    r"\bmaximum (?:model length|number of (?:input|prompt) tokens)\b",
    rf"\bexceed(?:s|ed|ing)? {_LIMIT}(?:context|(?:input|prompt) length|max(?:imum)? length\b|length limit"
    r"|number of (?:input |prompt )?tokens(?! per))",
    r"\bexceed(?:s|ed)? (?:max length|(?:the )?model (?:token )?limit|max message tokens)",
    r"\bcontext (?:length|size|window) (?:(?:is|was|has been) )?exceed(?:s|ed)\b",
    r"\b(?:loaded with|than the model's) context length\b",
    r"\bcontext window exceeds\b|\bcontext(?: the)? overflow",
    r"\b(?:prompt|prefix prompt|input|request|messages?)(?: tokens)? (?:is |are )?too (?:long|large for)\b",
    r"\brange of input length should be\b",
    r"\b(?:input|prompt) tokens? (?:count )?(?:.{0,80}? )?exceeds?\b|\btokens? count (?:.{0,40}? )?exceeds?\b",
    r"\btoo many (?:input |prompt )?tokens\b|\btokens in the (?:prompt|input|messages)\b.{0,40}\bexceed",
    r"\breduce the length of the (?:messages|prompt|input)\b",
    r"\binputs`? tokens \+|\bmust have less than \d+ tokens\b",
    "(?:上下文|输入|提示词|消息|prompt)的?(?:tokens?)? ?总?(?:长度|字数)?(?:超长|超出|超过|过长)",
)

MAY_PASS = _words(
    r"\b(?:overloaded|too busy|temporar(?:y|ily)|unavailable|internal error|server had an error|server error)\b",
    r"\bconnection\b",
    r"\b(?<!and )(?<!then )try again\b|\b(?:try again|retry) (?:later|in|after|shortly|soon)\b",
    "稍后|繁忙|暂时|内部错误|服务不可用",
)
"""Some plugins call everything a bad request that their provider's client raises."""

REFUSED = _words(
    r"\bcontent[ _-]?(?:filter|policy|management policy|exists risk|moderation)|\bResponsibleAIPolicyViolation\b",
    r"\b(?:inappropriate|sensitive|unsafe|prohibited|flagged) (?:content|information|material)",
    r"\bDataInspectionFailed\b|\bdata_inspection_failed\b",
    r"\b(?:Validation|AccessDenied|InvalidRequest)Exception\b",
    r"\bnot (?:currently |yet )?support(?:ed)?\b|\bunsupported\b",
    r"\b(?:must|has to|have to) (?:be|have|not|contain|alternate|start|end)\b|\bis required\b",
    r"\bshould be (?:an?|one|in|less|greater|at|between|of type|\d|[\[<>])",
    r"\binvalid[ _-]?(?:\w+[ _-])?(?:parameter|argument|value|request|input|image|audio|url|file|format|type|role)",
    r"\bout of range\b|\bImage (?:is )?too (?:large|big|small)\b|\b(?:image|file|audio) (?:size )?exceeds\b",
    "不支持|敏感|参数(?:错误|无效|不合法|异常)|非法参数",
)
"""What a request cannot get at all, for where no HTTP status is told."""
