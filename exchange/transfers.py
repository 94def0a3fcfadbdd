"""Transfers between the systems, whole modules at a time: out of Sage, out of the shop, and what they would do."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from datetime import datetime, time, timedelta
from functools import partial
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from exchange.codec import Meta
from exchange.connector import Changes
from exchange.errors import ConfigError, TransientError
from exchange.leases import transfer
from exchange.ledger import Batch, Origin, State
from exchange.meaning import Meaning
from exchange.module import Side
from exchange.pipeline.apply import changes
from exchange.pipeline.claim import put
from exchange.targets import SHOP

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from exchange.app import App
    from exchange.connectors.lightspeed.pull import Pulled
    from exchange.module import Module
    from exchange.pipeline.work import Job
    from exchange.shop import Plan
    from exchange.staging import Staging

LOG = logging.getLogger(__name__)

#: Orders that the shop is asked about in one go, before mails about them are sent.
ASKED = 50


def pull_profile(module: Module) -> str:
    """The profile of what the shop's API gives; a merchant's own one of the same name replaces it."""
    name = "category" if module.pull == "categories" else module.pull.removesuffix("s")
    return f"lightspeed_{name}_json"


def export(
    app: App, module: str, out_profile: str = "", *, full: bool = False, patience_seconds: float | None = None
) -> Batch:
    """Read a module's records out of Sage and bring what changed to where they land: by a profile, the outbox.

    Raises ConfigError for a module that is not read out of Sage, TransientError when another transfer of the module
    is at work for longer than the patience (default: as the settings have it).
    """
    declared = app.switched_on(module)
    if out_profile and app.registry.profile(out_profile).module != declared.name:
        message = f"profile {out_profile} is for {app.registry.profile(out_profile).module}, not for {declared.name}"
        raise ConfigError(message)
    if declared.lands is Side.SAGE and not out_profile:  # what was read out of Sage is not for Sage
        out_profile = f"{declared.name}_{app.settings.export_formats[0]}"
    patience = app.settings.service.patience_seconds if patience_seconds is None else patience_seconds
    with app.leases.held(transfer(declared.name, declared.lands), patience):
        target = app.targets.name(declared, out_profile)
        _finish_collected(app, declared.name, target)
        meaning = Meaning(app.ledger, app.settings, app.options(declared.name), declared.name)
        spool = collect(app, declared)
        try:
            batch = put(
                spool,
                app.settings.folder("work"),
                app.ledger,
                module=declared.name,
                profile=f"{declared.name}_json",
                target=target,
                whole=full or (target == SHOP and meaning.changed),
                snapshot=True,
                forced=True,
                origin=Origin.COLLECT,
            )
        finally:
            spool.unlink()
        batch = app.processed(batch)
        if target == SHOP and batch.state is State.DONE:
            meaning.keep()
        return batch


def pull(app: App, module: str, *, patience_seconds: float | None = None) -> Batch | None:
    """Ask the shop's API for what is new of a module's records, and bring it into Sage; None when nothing is.

    How far it has come is noted only once the file is entered: what a crash in between lets come twice is
    recognised. Raises ConfigError for a module that is not read out of the shop, and as `export`.
    """
    declared = app.switched_on(module)
    if not declared.pull or app.settings.shop.way != "api":
        sources = ", ".join(each.name for each in app.registry.modules.values() if each.pull)
        raise ConfigError(f'{declared.name} is not read out of the shop (shop.way = "api": {sources})')
    patience = app.settings.service.patience_seconds if patience_seconds is None else patience_seconds
    with app.leases.held(transfer(declared.name, declared.lands), patience):
        target = app.targets.name(declared)
        _finish_collected(app, declared.name, target)
        with pulled(app, declared) as (spool, found):
            batch = None
            if spool.exists():
                batch = put(
                    spool,
                    app.settings.folder("work"),
                    app.ledger,
                    module=declared.name,
                    profile=pull_profile(declared),
                    target=target,
                    forced=True,
                    origin=Origin.COLLECT,
                )
        with app.ledger.writing() as connection:
            app.ledger.mark(connection, f"pull.{declared.pull}", found.watermark.as_text())
        return None if batch is None else app.processed(batch)


@contextmanager
def pulled(app: App, module: Module) -> Iterator[tuple[Path, Pulled]]:
    """What is new in the shop, in a spool file that lasts as long as the block; no file where nothing is new.

    Raises ConfigError where it is not said from which day on, TransientError when the shop cannot be reached.
    """
    from exchange.connectors.lightspeed.client import LightspeedClient  # noqa: PLC0415
    from exchange.connectors.lightspeed.ours import ours  # noqa: PLC0415
    from exchange.connectors.lightspeed.pull import Watermark  # noqa: PLC0415
    from exchange.connectors.lightspeed.pull import pull as ask_for  # noqa: PLC0415

    overlap = timedelta(minutes=app.settings.shop.overlap_minutes)
    since = Watermark.from_text(app.ledger.watermark(f"pull.{module.pull}"))
    options = app.options(module.name)
    if since.at is None and module.pull in ("orders", "customers"):  # the others are read whole
        if module.pull == "orders" and "since" not in options.model_fields_set:
            raise ConfigError(f"modules.{module.name}.since is not set: from which day on are orders taken over?")
        if options.since is not None:
            begin = datetime.combine(options.since, time(), ZoneInfo(app.settings.zone))
            since = since._replace(at=begin + overlap)
    spool = app.settings.folder("work") / f"{module.name}-{app.owner.name.rpartition(':')[2]}.pulled.json"
    assert module.pull  # noqa: S101 - its callers have seen to it
    try:
        # A client of its own: what it may use of the budget is not what the delivery may use at the same time.
        with LightspeedClient(app.settings.shop, app.systems.gateway().budget) as client:
            mine = partial(ours, app.ledger)
            yield spool, ask_for(client, module.pull, since, spool, overlap=overlap, ours=mine)
    finally:
        spool.unlink(missing_ok=True)


def rehearse(app: App, module: str) -> tuple[Job, Plan]:
    """What a transfer of a module to the shop would do: to the records, and in the shop. Without any effect."""
    declared = app.registry.module(module)
    spool = collect(app, declared)
    plans: list[Plan] = []

    def look(job: Job, staged: Staging, vanished: list[str]) -> None:
        target = app.targets.plain(declared, job.batch)
        plans.append(app.systems.delivery().rehearse(target, job.landing, Changes(changes(job, staged)), vanished))

    meaning = Meaning(app.ledger, app.settings, app.options(declared.name), declared.name)
    batch = Batch(
        uid="dry-run",
        file_name=spool.name,
        received_at=app.ledger.now(),
        module=declared.name,
        whole=meaning.changed,
    )
    try:
        job = app.pipeline.dry_run(batch, spool, look)
    finally:
        spool.unlink()
    return job, plans[0]


def collect(app: App, module: Module) -> Path:
    """Everything becomes a file first: the records of Sage in a spool file of our own form."""
    if module.collect is None:
        sources = ", ".join(each.name for each in app.registry.modules.values() if each.collect)
        message = f"{module.name} is not read out of Sage; these are: {sources}"
        raise ConfigError(message)
    layout = app.registry.layout(app.registry.profile(f"{module.name}_json"))
    records = module.collect(app.systems.sage, app.options(module.name))
    meta = Meta(module.name, app.ledger.now(), full=True)
    spool = app.settings.folder("work") / f"{module.name}-{app.owner.name.rpartition(':')[2]}.json"
    try:
        with spool.open("wb") as out:
            app.registry.codecs["json"].write(out, layout, records, meta)
    except BaseException:
        spool.unlink(missing_ok=True)
        raise
    return spool


def _finish_collected(app: App, module: str, target: str) -> None:
    """What a dead process had read out of a system comes before what is read now."""
    for batch in app.ledger.open_batches():
        if (batch.origin, batch.module, batch.target) == (Origin.COLLECT, module, target):
            app.processed(batch)


def send_mails(app: App) -> int:
    """Send the mails that are due; the number sent. Raises TransientError, ConfigError as `Post.send` does.

    A mail about an order of the shop goes only when that says that the order is neither paid nor cancelled; while
    the shop cannot be asked, it waits.
    """
    about = app.post.orders() if app.settings.shop.way == "api" else []
    if not about:
        return app.post.send()
    from exchange.connectors.lightspeed.settled import ask  # noqa: PLC0415

    answers: dict[str, bool] = {}
    try:
        answers.update(ask(app.systems.gateway(), about[:ASKED]))  # keeps what was answered before a call failed
    except (TransientError, ConfigError) as error:  # other mails, such as the alert about it, go on
        LOG.warning("mails about %d orders wait: %s", len(about), error, extra={"action": "mail_waits"})
    settled = [order for order, is_settled in answers.items() if is_settled]
    if settled:
        number = app.post.settled(settled)
        LOG.info("%d mails taken back: their orders are settled", number, extra={"action": "mail_settled"})
    return app.post.send([order for order in about if order not in answers])
