"""Runs the workflows and chatflows of Dify's editor: DSL files, in Dify's own workflow engine, `graphon`.

The engine leaves much to its host: where tools, models and files are, what the start form takes, what a conversation
remembers. Here that is the plugin under work, the workspace's models and its file server.

    workflow = read_workflow(Path("support.yml"))
    for event in DslApp(workflow, host).run({"inputs": {"text": "Hello"}, ...}):
        ...

Only modules of this folder import graphon, whose names may change with any version.
"""
