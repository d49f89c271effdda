"""Each rule of the marketplace, broken in a copy of the plugin: it says so in a sentence, and no other rule does."""

import pytest
from dify_plugin.entities.tool import ToolLabelEnum

from publishing import code_rules, plugin, rules
from publishing.declaration_schemas import TAG
from publishing.rules import RULES

LONG = "é" * 1024
FAR = "2999-01-01T00:00:00Z"
KEY = "sk-" + "a1B2c3D4e5" * 3  # in two parts, so that it is not found here
TOKENS = [
    "ghp" + "_" + "a1B2c3D4e5" * 4,
    "xox" + "b-1234567890",
    "AKI" + "A1B2C3D4E5F6G7H8I",
    "eyJ" + "hbGci" * 5 + ".e30",
]
RANDOM = "q7ZrT2" + "xVb9LmK4pW8s"


def write(path, text, *, add=False):
    """A way to break the plugin: the file holds this text, or ends with it."""

    def breaking(folder, edit):
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text((target.read_text() if add else "") + text)

    return breaking


def unignored(path):
    """A file that .difyignore leaves out, where it no longer does."""

    def breaking(folder, edit):
        write(path, "")(folder, edit)
        write(".difyignore", "pyproject.toml\n")(folder, edit)

    return breaking


def remove(path):
    return lambda folder, edit: (folder / path).unlink()


def replace(path, old, new):
    def breaking(folder, edit):
        text = (folder / path).read_text()
        assert old in text
        (folder / path).write_text(text.replace(old, new))

    return breaking


def manifest(**fields):
    return lambda folder, edit: edit("manifest.yaml", **fields)


def link(folder, edit):
    (folder / "switchboard" / "again.py").symlink_to(folder / "switchboard" / "errors.py")


def grow(folder, edit):
    numbers = (str(number * 7919 % 1_000_003) for number in range(400_000))  # hard to compress
    (folder / "README.md").write_text(f"https://example.com {' '.join(numbers)}")


BROKEN = {
    "declarations that Dify takes": [
        (manifest(version="1.0"), "manifest.yaml: version: '1.0' does not match "),
        (manifest(name="Switch Board"), "manifest.yaml: name: 'Switch Board' does not match "),
        (manifest(author="Ada"), "manifest.yaml: author: 'Ada' does not match "),
        (manifest(type="bundle"), "manifest.yaml: type: 'plugin' was expected."),
        (manifest(**{"label.en_US": None}), "manifest.yaml: label: 'en_US' is a required property."),
        (manifest(**{"description.en_US": LONG}), "é' is too long."),
        (manifest(icon=None), "manifest.yaml: 'icon' is a required property."),
        (manifest(created_at=None), "manifest.yaml: 'created_at' is a required property."),
        (manifest(created_at="2026-01-31"), "manifest.yaml: created_at: '2026-01-31' does not match "),
        (manifest(tags=["utilities", "agent"]), "manifest.yaml: tags[1]: 'agent' is not one of "),
        (manifest(tags="rag"), "manifest.yaml: tags: 'rag' is not of type 'array'."),
        (manifest(repo=7), "manifest.yaml: repo: 7 is not of type 'string'."),
        (manifest(**{"meta.version": "1"}), "manifest.yaml: meta.version: '1' does not match "),
        (
            manifest(**{"meta.arch": ["sparc"]}),
            "manifest.yaml: meta.arch[0]: 'sparc' is not one of ['amd64', 'arm64'].",
        ),
        (manifest(**{"meta.arch": None}), "manifest.yaml: meta: 'arch' is a required property."),
        (manifest(**{"meta.arch": []}), "manifest.yaml: meta.arch: [] should be non-empty."),
        (manifest(**{"meta.runner.version": None}), "manifest.yaml: meta.runner: 'version' is a required property."),
        (manifest(**{"resource.memory": 0}), "manifest.yaml: resource.memory: 0 is less than the minimum of 1."),
        (manifest(**{"resource.permission.storage.size": 10}), "storage.size: 10 is less than the minimum of 1024."),
        (manifest(**{"resource.permission.storage.size": None}), "storage: 'size' is a required property."),
        (manifest(**{"resource.permission.app": True}), "permission.app: True is not of type 'object'."),
        (
            replace("provider/switchboard.yaml", "- rag", "- radio"),
            "provider/switchboard.yaml: identity.tags[2]: 'radio' is not one of ",
        ),
        (replace("tools/tts.yaml", "type: string", "type: nonsense"), "type: 'nonsense' is not one of "),
        (replace("tools/tts.yaml", "scope: tts", "scope: all"), "tools/tts.yaml: parameters[0].scope: 'all' does not"),
        (
            replace("tools/tts.yaml", "source:", "file:"),
            "tools/tts.yaml: extra.python: 'source' is a required property.",
        ),
        (write("endpoints/group.yaml", "settings: {api_key: {type: text-input}}"), "} is not of type 'array'."),
        (replace("endpoints/duck.yaml", "method: GET", "method: PATCH"), "method: 'PATCH' is not one of "),
    ],
    "author and repo have Dify's form": [
        (manifest(author="dify-friend"), "manifest.yaml: author may contain neither dify nor langgenius."),
        (manifest(author="my-langgenius"), "manifest.yaml: author may contain neither dify nor langgenius."),
        (manifest(author="ada"), "provider/switchboard.yaml: identity.author is not ada, as in manifest.yaml."),
        (manifest(repo="github.com/ada/switchboard"), "manifest.yaml: repo has to be an https address."),
    ],
    "it starts, and in which Dify": [
        (
            manifest(**{"meta.runner.entrypoint": "start"}),
            "manifest.yaml: the entrypoint start.py is not in the package.",
        ),
        (manifest(**{"meta.minimum_dify_version": "banana"}), "manifest.yaml: meta.minimum_dify_version has to be"),
        (manifest(**{"meta.minimum_dify_version": None}), "manifest.yaml: meta.minimum_dify_version has to be"),
    ],
    "the package holds what runs and nothing else": [
        (unignored("tests/test_llm.py"), "tests/test_llm.py does not run in Dify: "),
        (unignored("tools/tests/test_llm.py"), "tools/tests/test_llm.py does not run in Dify: "),
        (unignored("endpoints/openai/venv/a.py"), "endpoints/openai/venv/a.py does not run in Dify: "),
        (write("tools/unlisted.yaml", ""), "tools/unlisted.yaml does not run in Dify: "),
        (write("tools/id_rsa", ""), "tools/id_rsa does not run in Dify: "),
        (write("switchboard/new.py", ""), "switchboard/new.py does not run in Dify: "),
        (unignored("switchboard/tests/test_errors.py"), "switchboard/tests/test_errors.py does not run in Dify: "),
        (unignored("switchboard/venv/__init__.py"), "switchboard/venv/__init__.py does not run in Dify: "),
        (unignored("uv.lock"), "uv.lock does not run in Dify: "),
        (write("endpoints/connect/wire/unread.toml", ""), "endpoints/connect/wire/unread.toml does not run in Dify: "),
        (write("switchboard/notes.md", ""), "switchboard/notes.md does not run in Dify: "),
        (write("readme/README_zh.md", ""), "readme/README_zh.md does not run in Dify: "),
        (remove("LICENSE"), "LICENSE is not in the package."),
        (remove("readme/README_pt_BR.md"), "readme/README_pt_BR.md is not in the package."),
        (
            replace("provider/switchboard.yaml", "tools/tts.yaml", "tools/sing.yaml"),
            "tools/sing.yaml is not in the package.",
        ),
        (replace("tools/tts.yaml", "tools/tts.py", "tools/sing.py"), "tools/sing.py is not in the package."),
        (remove("endpoints/duck.py"), "endpoints/duck.py is not in the package."),
    ],
    "no symbolic links": [(link, "switchboard/again.py is a symbolic link, whose target would ship: ")],
    "under 1 MB": [(grow, "The package takes 1,")],
    "nothing that looks like a secret": [
        (write("README.md", f"\nkey: {KEY}\n", add=True), "looks like an API key."),
        *((write("main.py", f"\n# {token}\n", add=True), "looks like an access token.") for token in TOKENS),
        (write("main.py", f"\nAPI_KEY = {RANDOM!r}\n", add=True), "looks like a secret in quotes."),
        *(
            (write("README.md", f'\n{{"{name}": "{RANDOM}"}}\n', add=True), "looks like a secret in quotes.")
            for name in ("access_token", "client_secret", "password", "passwd", "apikey", "credentials")
        ),
        (write("README.md", "\n-----BEGIN RSA " + "PRIVATE KEY-----\n", add=True), "looks like a private key."),
    ],
    "the Python compiles": [
        (write("switchboard/errors.py", "def f(:\n"), "switchboard/errors.py does not compile: "),
        (write("switchboard/errors.py", "return 1\n"), "switchboard/errors.py does not compile: "),
    ],
    "nothing that reviewers want explained": [
        (write("main.py", "import subprocess\n"), "main.py, line 1, uses `subprocess`"),
        (write("main.py", "from importlib import import_module\n"), "line 1, uses `importlib`"),
        (write("main.py", "text = open('a').read()\n"), "line 1, uses `open`"),
        (write("main.py", "x = 1\neval('x')\n"), "line 2, uses `eval`"),
    ],
    "created in the past": [
        (manifest(created_at=FAR), "manifest.yaml: created_at lies in the future."),
        (replace("manifest.yaml", "created_at: 20", "created_at: 29"), "manifest.yaml: created_at lies in the future."),
    ],
    "icons of its own": [
        (manifest(icon="_assets/icon.svg"), "manifest.yaml: icon has to be a name in _assets/, not a path."),
        (manifest(icon_dark="night.svg"), "manifest.yaml: icon_dark: _assets/night.svg is not in the package."),
        (write("_assets/icon.svg", " "), "manifest.yaml: icon: _assets/icon.svg is empty."),
        (write("_assets/icon-dark.svg", '<path d="M20 20 V80 M20 20 H60 Q80 20"/>'), "is the icon of Dify's template"),
        (
            write("_assets/icon.svg", "<!-- DIFY_MARKETPLACE_TEMPLATE_ICON_DO_NOT_USE -->"),
            "is the icon of Dify's template",
        ),
    ],
    "permissions equal use": [
        (
            manifest(**{"resource.permission.model.tts": False}),
            "manifest.yaml does not ask for model.tts, which is used.",
        ),
        (manifest(**{"resource.permission.app": None}), "manifest.yaml does not ask for app, which is used."),
        (manifest(**{"resource.permission.endpoint": {"enabled": False}}), "manifest.yaml does not ask for endpoint"),
        (
            replace("tools/storage.py", "self.session.storage", "None"),
            "manifest.yaml asks for storage, which nothing uses.",
        ),
    ],
    "a README in English that links the source": [
        (write("README.md", ""), "README.md is missing or empty."),
        (write("README.md", "# A\n\nSay `你好`.\n"), "README.md, line 3, has Chinese characters outside a ``` block"),
        (write("README.md", "```\n你\n```\n好\n"), "README.md, line 4, has Chinese characters outside a ``` block"),
        (
            manifest(repo="https://example.com/ada/switchboard"),
            "README.md does not link the source, https://example.com/",
        ),
    ],
    "a privacy policy that names every tool and route": [
        (manifest(privacy=None), "manifest.yaml: privacy has to name a file in the package, PRIVACY.md."),
        (write("PRIVACY.md", "!!! Please fill in the privacy policy of the plugin."), "PRIVACY.md is empty or the"),
        (write("PRIVACY.md", "Replace this template with yours."), "PRIVACY.md is empty or the template's."),
        (
            replace("PRIVACY.md", "| `tts` |", "| speech |"),
            "PRIVACY.md does not say where the data goes that tts is given.",
        ),
        (
            replace("PRIVACY.md", "`/v2/rerank`", "v2"),
            "PRIVACY.md does not say where the data goes that /v2/rerank is given.",
        ),
    ],
    "dependencies are bounded on both sides": [
        (write("requirements.txt", "httpx\n", add=True), "requirements.txt: httpx has no bound on both sides."),
        (
            write("requirements.txt", "httpx>=0.28\n", add=True),
            "requirements.txt: httpx>=0.28 has no bound on both sides.",
        ),
        (write("requirements.txt", "a @ https://example.com/a.whl\n", add=True), "has no bound on both sides."),
        (write("requirements.txt", "-e .\n", add=True), "requirements.txt: -e . is not a requirement."),
        (replace("pyproject.toml", '"ruff>=0.13,<1"', '"ruff"'), "pyproject.toml: ruff has no bound on both sides."),
        (
            write("pyproject.toml", '\n[project.optional-dependencies]\nx = ["rich<15"]\n', add=True),
            "pyproject.toml: rich<15 has no bound on both sides.",
        ),
    ],
    "dify_plugin 0.9.0 or newer": [
        (
            replace("requirements.txt", "dify_plugin>=0.10.2", "dify_plugin>=0.5"),
            "has to say `>=` or `==` and a version",
        ),
        (replace("requirements.txt", "dify_plugin>=0.10.2,<0.11", "dify_plugin~=0.10.2,<1"), "has to say `>=` or `==`"),
        (replace("requirements.txt", "dify_plugin>=0.10.2", "dify_plugin>=new"), "has to say `>=` or `==`"),
        (replace("requirements.txt", "dify_plugin>=0.10.2,<0.11\n", ""), "requirements.txt does not name dify_plugin."),
    ],
}
ALSO_BREAKS = {
    "author and repo have Dify's form": "a README in English that links the source",
    "the package holds what runs and nothing else": "a privacy policy that names every tool and route",
    "no symbolic links": "the package holds what runs and nothing else",
    "the Python compiles": "the package holds what runs and nothing else",
    "a README in English that links the source": "",
    "dify_plugin 0.9.0 or newer": "dependencies are bounded on both sides",
}


def test_every_rule_is_broken_here():
    assert BROKEN.keys() == RULES.keys()


def test_the_plugin_keeps_them_all(folder):
    assert rules.broken(plugin.read(folder)) == {}


@pytest.mark.parametrize(
    ("name", "breaking", "sentence"),
    [(name, *case) for name, cases in BROKEN.items() for case in cases],
    ids=lambda value: value if isinstance(value, str) and value in RULES else "",
)
def test_a_broken_rule_says_what_is_wrong(folder, edit, name, breaking, sentence):
    breaking(folder, edit)

    broken = rules.broken(plugin.read(folder))
    found = broken.pop(name)

    assert any(sentence in problem for problem in found), found
    assert all(problem.endswith(".") and "\n" not in problem and len(problem) < 300 for problem in found)
    assert set(broken) <= {ALSO_BREAKS.get(name)}, broken


def test_a_secret_is_told_without_being_shown(folder, edit):
    write("main.py", f"\nAPI_KEY = '{KEY}'\n", add=True)(folder, edit)

    assert KEY[:6] not in str(rules.broken(plugin.read(folder)))


@pytest.mark.parametrize(
    "changes",
    [
        [write("main.py", "\nSECRET = 'secret-input'\nTOKEN = 'test-key-of-a-test'\n", add=True)],
        [write("README.md", "# A\n\n```text\n你好\n```\n\n```json\n{}\n```\n")],
        [replace("requirements.txt", "httpx>=0.28,<1", "# for files\nhttpx==0.28.1  # exactly")],
        [replace("manifest.yaml", "type: plugin\n", "type: plugin\nrepo:\n")],
        [write("switchboard/new.py", ""), write("main.py", "import switchboard.new\n", add=True)],
    ],
    ids=["names beside keys", "Chinese in fences", "a pinned version", "nothing in a field", "import without from"],
)
def test_what_is_allowed_breaks_no_rule(folder, edit, changes):
    for change in changes:
        change(folder, edit)

    assert rules.broken(plugin.read(folder)) == {}


def test_the_tags_are_those_of_the_sdk():
    assert {tag.value for tag in ToolLabelEnum} == set(TAG["enum"])


def test_what_needs_a_permission_is_what_the_wire_asks_it_for():
    """The rule reads code, another test what the running plugin asks: their tables say the same."""
    from tests.test_child_process import PERMISSION_OF

    groups = {".".join(each) if each[0] == "model" else each[0] for each in PERMISSION_OF.values() if each}

    assert set(code_rules.NEEDS.values()) == groups
