"""A plugin whose tools and endpoint do, step by step, what they are called with; it does without the SDK."""

from pathlib import Path

from tests.workspace.plugin.plugins.bare import write_main

MANIFEST = """\
version: 0.0.1
type: plugin
author: tests
name: stepper
label: {en_US: Stepper, ja_JP: ステッパー}
description: {zh_Hans: 一步一步}
icon: icon.svg
resource:
  permission:
    endpoint: {enabled: true}
    storage: {enabled: true, size: 1048576}
    model: {enabled: true, llm: true}
    app: {enabled: true}
meta:
  runner:
    entrypoint: main
plugins:
  tools:
    - steps.yaml
    - locked.yaml
  endpoints:
    - group.yaml
"""

FILES = {
    "steps.yaml": "{identity: {name: steps}, tools: [walk.yaml, remember.yaml]}",
    "locked.yaml": """\
identity: {name: locked}
credentials_for_provider:
  door_key: {type: secret-input, required: true, label: {en_US: Key of the door}}
tools: [locked_walk.yaml]
""",
    "walk.yaml": """\
identity: {name: walk, label: {en_US: Walk, pt_BR: Andar}}
description: {human: {en_US: Walks.}, llm: Does steps.}
parameters:
  - {name: steps, type: array, form: llm, label: {en_US: Steps}, llm_description: The steps.}
  - {name: pace, type: number, form: form, min: 1, max: 9, default: 3, placeholder: {en_US: "3", ja_JP: 三}}
  - name: way
    type: select
    form: form
    options: [{value: up, label: {en_US: Up, zh_Hans: 上}}, {value: down}]
  - {name: model, type: model-selector, scope: llm, form: form}
  - {name: photo, type: file, form: llm}
  - {name: photos, type: files, form: llm}
output_schema: {type: object, properties: {found: {type: string}}}
""",
    "remember.yaml": "identity: {name: remember}",
    "locked_walk.yaml": "{identity: {name: walk}, parameters: [{name: steps, type: array, form: llm}]}",
    "group.yaml": """\
settings:
  - {name: key, type: secret-input, required: true}
  - {name: other_key, type: secret-input}
  - {name: tone, type: select, options: [{value: warm}, {value: plain}]}
endpoints: [walk_endpoint.yaml, hidden.yaml]
""",
    "walk_endpoint.yaml": "{path: /walk/<name>, method: POST}",
    "hidden.yaml": "{path: /<path:path>, method: GET, hidden: true}",
    "_assets/icon.svg": "<svg xmlns='http://www.w3.org/2000/svg'/>",
}

SERVE_FILE = """\
settings: {key: test-key, tone: warm}
headers: {Authorization: Bearer test-key}
requests:
  POST /walk/<name>: {path: /walk/home, json: [[text, hello]]}
"""

MAIN = """
ways, waiting = {}, []

def request(session, data):
    if data.get("tool") == "remember":
        steps = [["ask", "storage", {"opt": "set", "key": "k", "value": "00"}]]
    elif "tool" in data:
        given = {**data["tool_parameters"], "credentials": data["credentials"]}
        steps = [["variable", "given", given], *given.pop("steps", [])]
    else:
        body = bytes.fromhex(data["raw_http_request"]).partition(b"\\r\\n\\r\\n")[2]
        steps = [*json.loads(body), ["send", {"status": 200, "headers": {}, "result": "6f6b"}]]
    ways[session] = steps
    go_on(session)

def go_on(session):
    while ways[session]:
        kind, *args = ways[session].pop(0)
        if kind == "text":
            text(session, *args)
        elif kind == "variable":
            content = {"variable_name": args[0], "variable_value": args[1], "stream": False}
            answer(session, "stream", {"type": "variable", "message": content})
        elif kind == "send":
            answer(session, "stream", *args)
        elif kind == "print":
            print(*args, flush=True)
        elif kind == "ask":
            return invoke(session, *args)
        elif kind == "fail":
            return answer(session, "error", {"error_type": args[0], "message": args[1], "args": {}})
        elif kind == "die":
            os._exit(3)
        elif kind == "meet":  # waits for the second who comes here
            waiting.append(session)
            if len(waiting) < 2:
                return
            both = waiting[:]
            waiting.clear()
            for one in both:
                go_on(one)
            return
    end(session)

def response(session, data):
    if data["event"] == "end":
        go_on(session)
"""


def write_stepper(folder: Path) -> Path:
    (folder / "_assets").mkdir(parents=True)
    (folder / "manifest.yaml").write_text(MANIFEST)
    (folder / "serve.yaml").write_text(SERVE_FILE)
    for name, content in FILES.items():
        (folder / name).write_text(content)
    write_main(folder, MAIN)
    return folder
