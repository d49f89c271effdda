"""A plugin with a parameter of every type, which gives back what it gets. It speaks the wire without the SDK."""

from pathlib import Path

from tests.workspace.plugin.plugins.bare import write_main

MANIFEST = """\
version: 0.0.1
type: plugin
author: tests
name: every_field
label: {en_US: "<b>Every</b> field"}
resource: {permission: {endpoint: {enabled: true}}}
meta: {runner: {entrypoint: main}}
plugins: {tools: [provider.yaml], endpoints: [group.yaml]}
"""

PROVIDER = """\
identity: {name: fields}
credentials_for_provider:
  token: {type: secret-input, required: true, label: {en_US: Token}}
  region: {type: text-input, required: true, default: from the YAML}
tools: [echo.yaml, wait.yaml]
"""

ECHO = """\
identity: {name: echo, label: {en_US: Echo}}
description: {human: {en_US: Gives back what it gets.}, llm: Echoes.}
parameters:
  - {name: line, type: string, form: form, required: true, human_description: {en_US: A line.}}
  - {name: secret, type: secret-input, form: form}
  - {name: amount, type: number, form: form, min: 1, max: 10, default: 3}
  - {name: exact, type: boolean, form: form, default: true}
  - {name: colour, type: select, form: form, options: [{value: red, label: {en_US: Red}}, {value: blue}]}
  - {name: colours, type: select, multiple: true, form: form, options: [{value: red}, {value: blue}, {value: green}]}
  - {name: object, type: object, form: form}
  - {name: array, type: array, form: form}
  - {name: anything, type: any, form: form}
  - {name: one_file, type: file, form: form}
  - {name: many_files, type: files, form: form}
  - {name: model, type: model-selector, scope: llm, form: form}
  - {name: app, type: app-selector, scope: chat, form: form}
output_schema:
  properties:
    got: {type: object, description: What the tool got}
    never: {type: string}
"""

WAIT = """\
identity: {name: wait, label: {en_US: Wait}}
description: {human: {en_US: Says something before and after it waits.}, llm: Waits.}
parameters:
  - {name: until, type: string, form: llm, required: true}
"""

MAIN = """
def until(path):
    with open(path) as fifo:
        fifo.read()

def request(session, data):
    if "raw_http_request" in data:
        return stream(session, bytes.fromhex(data["raw_http_request"]))
    given = data["tool_parameters"]
    if data["tool"] == "wait":
        text(session, "before ")
        until(given["until"])
        text(session, "after")
        return end(session)
    if given["line"] == "fail":
        return fail(session)
    print("a line of its own", flush=True)
    text(session, given.get("line", ""))
    got = {"variable_name": "got", "variable_value": {**given, "credentials": data["credentials"]}}
    answer(session, "stream", {"type": "variable", "message": got})
    extra = {"variable_name": "extra", "variable_value": given.get("array")}
    answer(session, "stream", {"type": "variable", "message": extra})
    answer(session, "stream", {"type": "json", "message": {"json_object": {"of": "json"}}})
    end(session)

def fail(session):
    import traceback
    try:
        {}["missing"]
    except KeyError as error:
        args = {"traceback": traceback.format_exc()}
        answer(session, "error", {"error_type": "KeyError", "message": str(error), "args": args})

def stream(session, raw):
    answer(session, "stream", {"status": 200, "headers": {"Content-Type": "text/event-stream"}})
    answer(session, "stream", {"result": b"data: before\\n\\n".hex()})
    until(json.loads(raw.partition(b"\\r\\n\\r\\n")[2])["until"])
    answer(session, "stream", {"result": b"data: after\\n\\n".hex()})
    end(session)
"""


def write_every_field(folder: Path) -> Path:
    (folder / "manifest.yaml").write_text(MANIFEST)
    (folder / "provider.yaml").write_text(PROVIDER)
    (folder / "echo.yaml").write_text(ECHO)
    (folder / "wait.yaml").write_text(WAIT)
    (folder / "group.yaml").write_text("endpoints: [stream.yaml]\n")
    (folder / "stream.yaml").write_text("{path: /stream, method: POST}\n")
    write_main(folder, MAIN)
    return folder
