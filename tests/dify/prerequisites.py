"""What a Dify has to be like before anything is made in it. Each thing that is missing is one sentence."""

import os
from collections.abc import Mapping
from pathlib import Path

import httpx

from tests.dify import apps, made
from tests.dify.console import Console, ConsoleError
from tests.workspace.workflows.dsl_files import end, start, variable

NAMED_BY = ("DIFY_API", "DIFY_EMAIL", "DIFY_PASSWORD")
UNNAMED = "no Dify is asked: DIFY_API has to be its address, DIFY_EMAIL and DIFY_PASSWORD those of an admin there"
FIRST_EVENT = 8.0
"""Seconds of silence after which no worker takes up a run. Dify breaks it every ten, whether one does or not."""


class NotReady(Exception):
    """Says in one sentence what to do."""


def is_named(environment: Mapping[str, str] = os.environ) -> bool:
    return all(environment.get(name) for name in NAMED_BY)


def logged_in(address: str, email: str, password: str) -> Console:
    """Somebody who may install plugins there, and the provider plugin is there."""
    not_dify = f"At {address} no Dify answers: DIFY_API has to be the address of its API, such as http://localhost"
    try:
        version = httpx.get(f"{address.rstrip('/')}/console/api/version", params={"current_version": ""}, timeout=10)
        found = version.json()
        if not isinstance(found, dict) or "version" not in found:
            raise NotReady(f"{not_dify}.")
    except httpx.HTTPError as error:
        raise NotReady(f"{not_dify} ({type(error).__name__}).") from None
    except ValueError:
        raise NotReady(f"{not_dify}.") from None
    try:
        console = Console(address, email, password)
    except ConsoleError as error:
        raise NotReady(f"Dify did not log {email} in; set DIFY_EMAIL and DIFY_PASSWORD anew: {error.message}") from None
    try:
        _check(console, email)
    except BaseException:
        console.close()
        raise
    return console


def check_worker(console: Console, seconds: float = FIRST_EVENT) -> None:
    """Runs a workflow that does nothing, and removes it."""
    app_id = made.add_app(console, apps.dsl("worker", [start(variable("text")), end(text=["start", "text"])]))
    try:
        events = console.service(app_id).events("/workflows/run", {"user": apps.PREFIX}, seconds=seconds)
        if not any(event["event"] == "workflow_finished" for event in events):
            raise NotReady("Dify does not run a workflow to its end: look at the log of its worker.")
    except httpx.ReadTimeout:
        raise NotReady(
            "Dify's worker takes up no run: start it (docker compose up -d worker), or see its log."
        ) from None
    finally:
        console.delete_app(app_id)


def upload(console: Console, package: Path) -> str:
    """The unique identifier of a package that Dify takes."""
    try:
        return console.upload(package)
    except ConsoleError as error:
        todo = "see the plugin daemon's log"
        if "signature" in error.message or "verif" in error.message:
            todo = (
                "set FORCE_VERIFYING_SIGNATURE=false for the plugin daemon, or sign the package and name the key in "
                "THIRD_PARTY_SIGNATURE_VERIFICATION_PUBLIC_KEYS"
            )
        raise NotReady(f"Dify refuses the package: {error.message.rstrip('.')}; {todo}.") from None


def add_models(console: Console, base_url: str, wanted: list[tuple[str, str]]) -> None:
    """Dify's provider plugin asks each before it is taken."""
    try:
        made.add_models(console, base_url, wanted)
    except ConsoleError as error:
        raise NotReady(
            f"Dify's provider plugin does not reach this machine at {base_url}: name in DIFY_REACHES_ME the address "
            f"that it has for Dify, such as host.docker.internal. Dify says: {error.message[:300]}"
        ) from None


def _check(console: Console, email: str) -> None:
    role = console.post("/workspaces/current")["role"]
    if role not in ("owner", "admin"):
        raise NotReady(f"{email} is {role} of that workspace: DIFY_EMAIL has to be that of an owner or admin.")
    if apps.PROVIDER_PLUGIN not in console.plugins():
        raise NotReady(f"Install the provider plugin {apps.PROVIDER_PLUGIN} in that Dify first.")
