"""What the plugin daemon and the SDK say in their own words when a reverse invocation fails."""

import re

from switchboard.errors import (
    BrokenInDify,
    InvocationError,
    NoAnswer,
    NotPermitted,
    ProviderFailed,
    RefusedByDify,
    TimedOut,
)

OWN_WORDS: tuple[tuple[re.Pattern[str], type[InvocationError], str], ...] = (
    (
        re.compile(r"permission denied, you need to enable (\S+) access"),
        NotPermitted,
        "Dify refused the {interface} call: this plugin's manifest does not ask for {0} access. "
        "Its author has to enable it under resource.permission in manifest.yaml and release it again.",
    ),
    (
        re.compile(r"^invocation exited without response after (\d+) seconds"),
        TimedOut,
        "Dify sent nothing for {0} seconds in answer to the {interface} call. Try a faster model or a shorter input, "
        "or raise MAX_INVOCATION_TIMEOUT of the plugin daemon.",
    ),
    (
        re.compile(r"^No response"),
        NoAnswer,
        "Dify ended the {interface} call without an answer. Its log says more.",
    ),
    (
        re.compile(r"^Failed to parse response.*(?:binary_link|file_marker)", re.DOTALL),
        BrokenInDify,
        "The other tool put out a file that is no picture, and Dify's plugin SDK cannot read what Dify makes of it. "
        "Call that tool from a node of its own.",
    ),
    (
        re.compile(r"Failed to parse structured output\b"),  # goes on with what the model said
        NoAnswer,
        "The model did not answer with the JSON object that was asked for. Ask again, ask for a simpler schema, or "
        "choose a model that supports structured output.",
    ),
    (
        re.compile(r"^Failed to parse response"),
        NoAnswer,
        "Dify answered the {interface} call in a form that the plugin SDK cannot read.",
    ),
    (
        re.compile(r"^unmarshal backwards .*?Field validation for '(\w+)' failed on the '(\w+)' tag", re.DOTALL),
        RefusedByDify,
        "Dify's plugin daemon refused the {interface} call: the field {0} is not valid ({1}).",
    ),
    (
        re.compile(r"^unmarshal backwards invoke request failed"),
        RefusedByDify,
        "Dify's plugin daemon refused the {interface} call: {reason}",
    ),
    (
        re.compile(r"^invoke [a-z ]+ failed: validate request failed: .*'InvokeNodeResponse\."),
        ProviderFailed,
        "The {interface} failed inside Dify, which lost the reason. Check that the model chosen works in a node of its "
        "own, and that it can call tools.",
    ),
    (
        re.compile(r"^save data failed: allocated size is greater than max storage size"),
        RefusedByDify,
        "The plugin's storage in Dify is full. The value was kept all the same, though Dify does not count on it: "
        "delete what is no longer needed, and store it again.",
    ),
    (
        re.compile(r"^(?=[^\n]*(?:deadline exceeded|Client\.Timeout))[^\n]*\nfailed to read [a-z ]+$"),
        TimedOut,
        "The {interface} call took longer than it may: {reason}",
    ),
    (
        re.compile(
            r"(?:^|\n)failed to read (?:data|header|system header)\s*$"
            r"|^(?:invoke|read|fetch) [\w -]+ failed: (?:(?:unexpected )?EOF|http: read on closed response body)"
        ),
        ProviderFailed,
        "The answer to the {interface} call was cut off: Dify closed the connection.",
    ),
)
"""The pattern of each text, the error that it is, and the sentence; {0} and {1} are the groups of the pattern."""
