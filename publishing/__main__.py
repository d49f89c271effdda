"""`python -m publishing check` and `python -m publishing package`, for the folder it is run in."""

import argparse
import hashlib
import sys
from itertools import chain
from pathlib import Path

from publishing import rules
from publishing.archive import archive, content_of, differences, dify_cli, made_by_cli
from publishing.contents import CannotPackage
from publishing.plugin import Plugin, read


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m publishing", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("check", help="hold the plugin to the marketplace's rules")
    package = commands.add_parser("package", help="check, and write NAME-VERSION.difypkg")
    package.add_argument("--into", type=Path, default=Path("dist"), help="the folder to write to (default: dist)")
    options = parser.parse_args(arguments)
    try:
        plugin = read(Path.cwd())
        if broken := rules.broken(plugin):
            print("\n".join(chain.from_iterable(broken.values())), file=sys.stderr)
            return 1
        if options.command == "check":
            print(f"{plugin.name} keeps the {len(rules.RULES)} rules of the marketplace that are not the owner's.")
            return 0
        write_package(plugin, options.into)
    except CannotPackage as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def write_package(plugin: Plugin, folder: Path) -> None:
    """Write it, tell what is in it, and hold it beside the official one where Dify's CLI is there."""
    package = archive(plugin.contents)
    content = content_of(package)
    path = folder / f"{plugin.name}.difypkg"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path.write_bytes(package)
    except OSError as error:
        raise CannotPackage(f"{path} cannot be written: {error.strerror}.") from None
    unpacked = sum(map(len, content.values()))
    print(f"{path}: {len(package):,} bytes, {len(content)} files of {unpacked:,} bytes")
    print(f"sha256: {hashlib.sha256(package).hexdigest()}")
    if left_out := plugin.contents.left_out:
        print(f"left out, since git does not track it: {', '.join(left_out)}")
    compare(plugin, content)
    if left := rules.left_to_the_owner(plugin):
        print("for the marketplace, the owner fills in:")
        print("\n".join(f"  {each}" for each in left))


def compare(plugin: Plugin, content: dict[str, bytes]) -> None:
    """Raises CannotPackage if Dify's own CLI makes another content of what git tracks, but for what is made to ship."""
    cli = dify_cli()
    if not cli:
        print("not compared with Dify's CLI: there is no `dify` on the PATH, and DIFY_CLI names none")
        return
    official = content_of(made_by_cli(cli, plugin.contents.root))
    known = {path: held for path, held in official.items() if path not in plugin.contents.left_out}
    in_folder = {path: plugin.contents.in_folder(path) for path in plugin.contents.made}
    if differing := differences({**content, **in_folder}, known):
        raise CannotPackage(f"This is not what {cli} makes of the folder: {' '.join(differing)}")
    print(f"the same content as {cli} makes, but for the READMEs, which are made for Dify")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
