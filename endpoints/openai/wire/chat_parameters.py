"""What becomes of the parameters of a chat completion request: mapped, refused or ignored.

They are OpenAI's and those of other servers that speak its API. Whatever changes an answer is mapped to what Dify's
models have, or refused by name; the table in docs/http-api.md says the same.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from endpoints.openai.wire.chat_request import ChatRequest, PlainFormat, SchemaFormat
from switchboard.chat.thinking import thinking_parameters
from switchboard.errors import InvalidInput

SAME_NAME = (
    "temperature",
    "top_p",
    "top_k",
    "presence_penalty",
    "frequency_penalty",
    "repetition_penalty",
    "seed",
    "random_seed",
    "reasoning_effort",
    "verbosity",
    "thinking_budget",
    "safe_prompt",
    "do_sample",
    "enable_search",
)
"""Parameters that Dify's models and these APIs call the same."""

_OF_THINKING = (
    "reasoning_effort",
    "thinking",
    "enable_thinking",
    "think",
    "reasoning",
    "chat_template_kwargs",
    "chat_template_args",
)

_NO_SUCH = "Dify's models have no such parameter"
_PROBABILITIES = "Dify passes no log probabilities on"
_BY_SCHEMA = "Dify binds an answer by a JSON schema alone; send one in `response_format`"
_PROMPT = "Dify's providers make the prompt"
_SEARCH = "Dify's models search nothing for a plugin"
_SYSTEM = "send it as a message of the role `system`"
_LIMIT = "send it as `max_tokens`"
_BUDGET = "send it as `thinking_budget`"

REFUSED: Mapping[str, str] = {
    "functions": "it was replaced by `tools`; send them there",
    "function_call": "it was replaced by `tool_choice`; use that",
    "audio": "Dify's language models answer in text; POST /v1/audio/speech speaks it",
    "web_search_options": _SEARCH,
    "search_parameters": _SEARCH,
    "data_sources": _SEARCH,
    "search_domain_filter": _SEARCH,
    "search_recency_filter": _SEARCH,
    "search_mode": _SEARCH,
    "search_options": _SEARCH,
    "return_images": _SEARCH,
    "return_related_questions": _SEARCH,
    "plugins": "they are OpenRouter's; Dify's models have none",
    "documents": "put their texts into a message",
    "logprobs": _PROBABILITIES,
    "top_logprobs": _PROBABILITIES,
    "prompt_logprobs": _PROBABILITIES,
    "logit_bias": _NO_SUCH,
    "allowed_token_ids": _NO_SUCH,
    "bad_words": _NO_SUCH,
    "banned_tokens": _NO_SUCH,
    "banned_strings": _NO_SUCH,
    "logits_processors": _NO_SUCH,
    "stop_token_ids": "send the texts themselves, in `stop`",
    "stop_sequences": "send them in `stop`",
    "stop_words": "send them in `stop`",
    "include_stop_str_in_output": _NO_SUCH,
    "max_new_tokens": _LIMIT,
    "max_output_tokens": _LIMIT,
    "num_predict": _LIMIT,
    "n_predict": _LIMIT,
    "thinking_budget_tokens": _BUDGET,
    "thinking_token_budget": _BUDGET,
    "reasoning_budget": _BUDGET,
    "thinking_config": "send `enable_thinking`, `thinking_budget` or `reasoning_effort`",
    "google": "send `enable_thinking`, `thinking_budget` or `reasoning_effort`",
    "generation_config": "send what is in it in the body itself",
    "disable_reasoning": "send `enable_thinking`, false",
    "ignore_eos": _NO_SUCH,
    "min_tokens": _NO_SUCH,
    "min_p": _NO_SUCH,
    "top_a": _NO_SUCH,
    "typical_p": _NO_SUCH,
    "tfs_z": _NO_SUCH,
    "top_n_sigma": _NO_SUCH,
    "dynatemp_range": _NO_SUCH,
    "smoothing_factor": _NO_SUCH,
    "epsilon_cutoff": _NO_SUCH,
    "eta_cutoff": _NO_SUCH,
    "penalty_alpha": _NO_SUCH,
    "no_repeat_ngram_size": _NO_SUCH,
    "mirostat": _NO_SUCH,
    "mirostat_mode": _NO_SUCH,
    "xtc_probability": _NO_SUCH,
    "dry_multiplier": _NO_SUCH,
    "length_penalty": _NO_SUCH,
    "use_beam_search": _NO_SUCH,
    "num_beams": _NO_SUCH,
    "early_stopping": _NO_SUCH,
    "samplers": _NO_SUCH,
    "guidance_scale": _NO_SUCH,
    "negative_prompt": _NO_SUCH,
    "safety_settings": _NO_SUCH,
    "skip_special_tokens": _NO_SUCH,
    "truncate_prompt_tokens": "send fewer messages",
    "prompt_truncate_len": "send fewer messages",
    "context_length_exceeded_behavior": "send fewer messages",
    "vl_high_resolution_images": _NO_SUCH,
    "media_resolution": _NO_SUCH,
    "mm_processor_kwargs": _NO_SUCH,
    "image_config": _NO_SUCH,
    "enable_code_interpreter": "Dify's models run no code for a plugin",
    "translation_options": _NO_SUCH,
    "lora": _NO_SUCH,
    "adapter_id": _NO_SUCH,
    "best_of": "Dify makes one answer a call",
    "guided_regex": _BY_SCHEMA,
    "guided_choice": _BY_SCHEMA,
    "guided_grammar": _BY_SCHEMA,
    "grammar": _BY_SCHEMA,
    "regex": _BY_SCHEMA,
    "ebnf": _BY_SCHEMA,
    "structural_tag": _BY_SCHEMA,
    "response_schema": _BY_SCHEMA,
    "format": "send a `response_format`",
    "system": _SYSTEM,
    "system_prompt": _SYSTEM,
    "instructions": _SYSTEM,
    "prompt": "send it as a message of the role `user`",
    "echo": _PROMPT,
    "suffix": _PROMPT,
    "template": _PROMPT,
    "prompt_mode": _PROMPT,
    "chat_template": _PROMPT,
    "add_generation_prompt": _PROMPT,
    "continue_final_message": "Dify's providers have a model begin each answer anew",
    "extra_body": "that is a parameter of OpenAI's client; send what is in it in the body itself",
}
"""Fields that would be missed, and what to do without them."""

_AS_IT_IS: tuple[Any, ...] = (None, False, 0, "", "none", [], {})
_AS_IT_IS_OF: Mapping[str, Any] = {
    "best_of": 1,
    "length_penalty": 1,
    "typical_p": 1,
    "tfs_z": 1,
    "num_beams": 1,
    "guidance_scale": 1,
    "top_n_sigma": -1,
}
"""Values that ask for nothing but what is so without them."""
_TRUE_OF_ITSELF = ("add_generation_prompt", "skip_special_tokens")
"""What would be missed if it were false."""

IGNORED = (
    "metadata",
    "store",
    "service_tier",
    "prediction",
    "safety_identifier",
    "prompt_cache_key",
    "prompt_cache_retention",
    "cache_prompt",
    "cache_salt",
    "request_id",
    "priority",
    "keep_alive",
    "options",
    "provider",
    "models",
    "route",
    "transforms",
    "separate_reasoning",
    "stream_reasoning",
    "return_token_ids",
    "guided_decoding_backend",
)
"""Fields that change nothing but speed, cost or bookkeeping, or not even with the server whose they are: Ollama's
OpenAI API passes over `options` as well."""


class WantedSchema(NamedTuple):
    schema: dict[str, Any]
    field: str
    """Where it stands in the request."""


def refuse_what_cannot_be_had(request: ChatRequest) -> None:
    """Raise InvalidInput for the first field that would be missed."""
    if request.n not in (None, 1):
        raise InvalidInput(
            "`n` has to be 1: Dify makes one answer a call. Send the request once for each answer.", field="n"
        )
    given = request.model_extra or {}
    for field, value in given.items():
        if field in REFUSED and _asks_for_something(field, value):
            raise InvalidInput(f"`{field}` cannot be had: {REFUSED[field]}.", field=field)
    bound = request.structured_outputs.model_extra if request.structured_outputs else None
    for name, value in (bound or {}).items():
        if value not in _AS_IT_IS:
            field = f"structured_outputs.{name}"
            raise InvalidInput(f"`{field}` cannot be had: {_BY_SCHEMA}.", field=field)
    if request.modalities and set(request.modalities) != {"text"}:
        raise InvalidInput("`modalities` can be text only. POST /v1/audio/speech speaks a text.", field="modalities")


def _asks_for_something(field: str, value: Any) -> bool:
    if field in _TRUE_OF_ITSELF:
        return value not in (None, True)
    return value not in _AS_IT_IS and value != _AS_IT_IS_OF.get(field)


def model_parameters(request: ChatRequest, provider: str) -> dict[str, Any]:
    """Those that the request sets, under the names of Dify's models; None takes away what is set with the model."""
    wanted = _thinking(request, provider)
    wanted |= {name: value for name in SAME_NAME if (value := getattr(request, name)) is not None}
    if request.repeat_penalty is not None:
        wanted.setdefault("repetition_penalty", request.repeat_penalty)
    limit = request.max_tokens if request.max_completion_tokens is None else request.max_completion_tokens
    if limit is not None:
        wanted["max_tokens"] = limit
    if wanted_schema(request):
        wanted["response_format"] = None  # another call of Dify's takes the schema
    elif isinstance(request.response_format, PlainFormat):
        is_json = request.response_format.type == "json_object"
        wanted["response_format"] = "json_object" if is_json else None  # a model answers in text of itself
    return wanted


def wanted_schema(request: ChatRequest) -> WantedSchema | None:
    """The JSON schema that the answer is to follow, in whichever way it is asked for."""
    if isinstance(request.response_format, SchemaFormat):
        return WantedSchema(request.response_format.json_schema.schema_, "response_format.json_schema.schema")
    structured = request.structured_outputs.json_ if request.structured_outputs else None
    for schema, field in (
        (structured, "structured_outputs.json"),
        (request.guided_json, "guided_json"),
        (request.json_schema, "json_schema"),
    ):
        if schema:
            return WantedSchema(schema, field)
    return None


def _thinking(request: ChatRequest, provider: str) -> dict[str, Any]:
    """Of the many ways to say whether and how much a model is to think, the first that says something."""
    if request.model_fields_set.isdisjoint(_OF_THINKING):
        return {}
    thinking, reasoning = request.thinking, request.reasoning
    template = request.chat_template_kwargs or request.chat_template_args
    effort = _first(
        request.reasoning_effort,
        request.think if isinstance(request.think, str) else None,
        reasoning and reasoning.effort,
        template and template.reasoning_effort,
    )
    enabled = _first(
        thinking and thinking.type != "disabled",
        request.enable_thinking,
        request.think if isinstance(request.think, bool) else None,
        reasoning and reasoning.enabled,
        template and template.enable_thinking,
        template and template.thinking,
        False if effort == "none" else None,
    )
    budget = _first(
        thinking and thinking.budget_tokens, reasoning and reasoning.max_tokens, template and template.thinking_budget
    )
    wanted = thinking_parameters(enabled, budget=budget, effort=effort, provider=provider)
    return wanted if effort is None else {**wanted, "reasoning_effort": effort}


def _first(*wishes: Any) -> Any:
    return next((wish for wish in wishes if wish is not None), None)
