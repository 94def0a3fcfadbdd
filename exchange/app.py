"""The only wiring: settings in, a working exchange out. Command line, service and tests all begin here."""

from __future__ import annotations

import logging
import threading
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, time, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from pydantic import SecretStr, ValidationError
from sqlalchemy.exc import OperationalError

from exchange import ledgers
from exchange.codec import Limits, Meta
from exchange.connector import Changes, Everything, Landing, Lookup, Previewer, Target
from exchange.connectors.outbox import OutboxTarget, RoutedOutbox
from exchange.consignment import Consignments
from exchange.errors import BatchError, ConfigError, TransientError
from exchange.finding import found, kind
from exchange.leases import Leases, transfer
from exchange.ledger import Batch, Ledger, Origin, State
from exchange.ledgers.migrations import migrate
from exchange.letter import LetterView
from exchange.mail import Post
from exchange.meaning import Meaning
from exchange.module import Side
from exchange.owner import Owner
from exchange.pauses import Pauses
from exchange.pipeline.apply import changes
from exchange.pipeline.check import Checker
from exchange.pipeline.claim import put
from exchange.pipeline.preview import preview
from exchange.pipeline.read import read
from exchange.pipeline.run import Pipeline
from exchange.pipeline.work import Job
from exchange.registry import build
from exchange.settings import secret
from exchange.shop import ShopView
from exchange.troubles import Troubles

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from typing import Self

    from sqlalchemy import Engine

    from exchange.connectors.lightspeed.api import Api
    from exchange.connectors.lightspeed.pull import Pulled
    from exchange.connectors.mail import MailTarget
    from exchange.connectors.sage import SageDatabase
    from exchange.finding import Finding
    from exchange.module import Module
    from exchange.profile import Profile
    from exchange.settings import Settings
    from exchange.shop import Delivered, Delivery, Plan
    from exchange.staging import Staging

LOG = logging.getLogger(__name__)

SWITCHED_OFF = kind(
    "file.module_off",
    de="Das Modul „{module}“ ist ausgeschaltet.",
    en="The module “{module}” is switched off.",
    remedy_de="Schalten Sie es unter modules.{module}.enabled ein, und legen Sie die Datei noch einmal ein.",
    remedy_en="Switch it on at modules.{module}.enabled, and drop the file again.",
)

#: The target name of everything that lands in Sage: the way may change, what was taken over stays taken over.
SAGE = "sage"
#: The same for the shop where it is reached (setting `shop.way`); otherwise exports land in the outbox.
SHOP = "shop"
#: The same for letters: the spool.
MAIL = "mail"

#: Orders that the shop is asked about in one go, before mails about them are sent.
ASKED = 50

FOLDERS = ("inbox", "outbox", "work", "archive", "quarantine")


def _silent(_number: int) -> None:
    """Nobody watches the progress."""


def _words(settings: Settings) -> dict[str, str]:
    """What the words in profiles stand for (`exchange.profile`)."""
    shop = settings.shop
    gross = "1" if shop.prices == "incl" else "0"
    return {
        "language": shop.default_language,
        "LANGUAGE": shop.default_language.upper(),
        "gross": gross,
        "price": f"price{shop.prices.capitalize()}",
        "price_list": str(next(iter(settings.sage.price_lists), 1)),
    }


def pull_profile(module: Module) -> str:
    """The profile of what the shop's API gives; a merchant's own one of the same name replaces it."""
    name = "category" if module.pull == "categories" else module.pull.removesuffix("s")
    return f"lightspeed_{name}_json"


class App:
    """One installation at work. Use as a context manager: it holds a lock and connections.

    Attributes:
        settings, registry, ledger, leases, pauses, post, troubles: of the installation.
        progress: called with the number of records done, during long work.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.registry = build(settings.folder("profiles"), _words(settings))
        self._options = self._read_options()
        for name in FOLDERS:
            self._make_folder(name)
        self.ledger = Ledger(self._open_ledger())
        self.owner = Owner(settings.folder("work"))
        self.leases = Leases(self.ledger, self.owner, settings.watching.lease_seconds)
        self.pauses = Pauses(self.ledger)
        self.troubles = Troubles(self.ledger)
        self.post = Post(settings.mail, self.ledger, self.owner)
        self.progress: Callable[[int], None] = _silent
        self._lock = threading.Lock()
        self._at_work: set[str] = set()
        self._sage: SageDatabase | None = None
        self._api: Api | None = None
        self.pipeline = Pipeline(settings, self.ledger, self.registry, self.job)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        """Give back lock and connections."""
        self.owner.close()
        self.ledger.close()
        if self._sage is not None:
            self._sage.close()
        if self._api is not None:
            self._api.close()

    def options(self, module: str) -> Any:
        """The settings of a module, by its name."""
        return self._options[module]

    def _make_folder(self, name: str) -> None:
        folder = self.settings.folder(name)
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            message = (
                f"folders.{name}: {folder} cannot be made ({error.strerror}); "
                "a Windows service sees no mapped drives, give it the UNC path"
            )
            raise ConfigError(message) from error

    def _open_ledger(self) -> Engine:
        engine = ledgers.engine(self._located(secret(self.settings.ledger.url)))
        try:
            migrate(engine)
        except OperationalError as error:
            engine.dispose()
            message = f"the ledger cannot be opened: {str(error.orig).strip()}"
            raise TransientError(message) from error
        return engine

    def _located(self, url: str) -> str:
        """A relative SQLite file lies beside exchange.toml, wherever the command was called."""
        prefix = "sqlite:///"
        if not url.startswith(prefix) or url == f"{prefix}:memory:":
            return url
        return prefix + str(self.settings.root / url.removeprefix(prefix))

    def _read_options(self) -> dict[str, Any]:
        given = self.settings.modules
        for name in given:
            self.registry.module(name)
        options = {}
        for module in self.registry.modules.values():
            try:
                options[module.name] = module.options.model_validate(given.get(module.name, {}))
            except ValidationError as error:
                problems = "; ".join(
                    f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors(include_input=False)
                )
                message = f"[modules.{module.name}] {problems}"
                raise ConfigError(message) from None
        return options

    # Parts

    @property
    def sage(self) -> SageDatabase:
        """Sage's database. Raises ConfigError when it is reached by files only."""
        if self.settings.sage.url is None:
            message = "sage.url is not set: this installation reaches Sage by files only"
            raise ConfigError(message)
        with self._lock:  # several lanes may ask for it first
            return self._opened_sage(self.settings.sage.url)

    def _opened_sage(self, url: SecretStr) -> SageDatabase:
        if self._sage is None:
            from exchange.connectors.sage import SageDatabase  # noqa: PLC0415 - only who has a database pays for it

            url = SecretStr(self._located(secret(url)))
            located = self.settings.sage.model_copy(update={"url": url})
            folder = self.settings.folder
            folders = {
                "pictures": folder("images"),
                "attachments": folder("attachments"),
                "papers": folder("documents"),
            }
            self._sage = SageDatabase(located, **folders, zone=self.settings.zone, now=self.ledger.now)
        return self._sage

    def lookup(self, module: Module) -> Lookup:
        """What exists where the module's records land."""
        if module.lands is Side.SHOP:
            from exchange.connectors.lightspeed.known import ShopLookup  # noqa: PLC0415
            from exchange.connectors.local import LocalFiles  # noqa: PLC0415

            reached = module.parts is not None and self.settings.shop.way != "none"
            return LocalFiles(self.settings, ShopLookup(self.ledger) if reached else Everything())
        if module.lands is not Side.SAGE:
            return Everything()
        from exchange.connectors.sage import lookup  # noqa: PLC0415

        return lookup(self.settings.sage, self.sage if self.settings.sage.url else None)

    def target_name(self, module: Module, out_profile: str = "") -> str:
        """How the ledger calls the place where a module's records land."""
        if module.lands is Side.SAGE:
            return f"outbox:{out_profile}" if out_profile else SAGE
        if module.lands is Side.MAIL and not out_profile:
            return MAIL
        if module.parts is not None and not out_profile and self.settings.shop.way != "none":
            return SHOP
        return f"outbox:{out_profile or f'{module.name}_{self.settings.export_formats[0]}'}"

    def target(self, module: Module, batch: Batch) -> Target:
        """Where the records of a batch land; the shop hears of its own where its API is used."""
        target = self._followed(self._target(module, batch), module, batch)
        if module.answer is None or batch.target != SAGE or self.settings.shop.way != "api":
            return target
        from exchange.connectors.lightspeed.answers import AnsweringTarget  # noqa: PLC0415

        return AnsweringTarget(target, self.ledger, module.answer, ShopView(self.settings, self._options[module.name]))

    def _followed(self, target: Target, module: Module, batch: Batch) -> Target:
        """The target, and what follows once a record has landed there: consignments, letters.

        Nothing follows from a file that somebody exports by hand, in a form of ours, to look at it.
        """
        usual = batch.target == self.target_name(module)
        if module.consignment is not None and (usual or not batch.target.startswith(f"outbox:{module.name}_")):
            from exchange.connectors.sequel import ConsigningTarget  # noqa: PLC0415

            target = ConsigningTarget(target, self.ledger, module.consignment)
        if module.letters is None or batch.target == MAIL or not usual:
            return target
        from exchange.connectors.mail import WritingTarget  # noqa: PLC0415

        return WritingTarget(target, self._letters(module))

    def _letters(self, module: Module) -> MailTarget:
        from exchange.connectors.mail import MailTarget, Stationery  # noqa: PLC0415

        view = LetterView(
            self.settings, self._options[module.name], self.ledger.now(), Consignments(self.ledger).recipient_of
        )
        return MailTarget(self.post, module, view, Stationery(self.settings.folder("letters")))

    def _target(self, module: Module, batch: Batch) -> Target:
        sage = self.settings.sage
        if batch.target == SHOP and module.parts is not None:
            from exchange.connectors.lightspeed.target import ShopTarget  # noqa: PLC0415

            return ShopTarget(self.ledger, module.parts, ShopView(self.settings, self._options[module.name]))
        if batch.target == MAIL:
            return self._letters(module)
        if batch.target != SAGE:
            return self._outbox(module, batch)
        if sage.way == "files":
            return self._sage_files(module, batch)
        from exchange.connectors.sage import DocumentsTarget, StagingTarget  # noqa: PLC0415

        return StagingTarget(self.sage) if sage.way == "staging" else DocumentsTarget(self.sage)

    def _outbox(self, module: Module, batch: Batch) -> Target:
        """Files for whoever fetches them; for several receivers, where the module tells them apart."""
        folder, name = self.settings.folder("outbox"), batch.target.removeprefix("outbox:")
        route, options = module.route, self._options[module.name]
        if route is None or name != f"{module.name}_{self.settings.export_formats[0]}":
            return self._files(name, folder, batch)
        return RoutedOutbox(
            lambda record: route(record, options), lambda each: self._files(each, folder, batch), module.rows
        )

    def _sage_files(self, module: Module, batch: Batch) -> Target:
        """The files that a Sage-side importer takes."""
        sage, folder = self.settings.sage, self.settings.folder("outbox") / SAGE
        own = {
            "order_import": sage.orders.file_profile,
            "customer_import": sage.customers.file_profile,
            "customer_export": sage.customers.shop_file_profile or sage.customers.file_profile,
            "product_import": sage.articles.file_profile,
            "sales_documents": sage.documents.file_profile,
        }
        profile = self.registry.profile(own.get(module.name, f"{module.name}_xml"))
        files = self._files(profile.name, folder, batch)
        if module.name == "product_import" and profile.module == module.name:
            from exchange.connectors.sage.article_files import ArticleFiles  # noqa: PLC0415

            return ArticleFiles(files, sage.articles.existing)
        if profile.module == module.name:
            return files
        if (module.name, profile.module) != ("customer_export", "customer_import"):
            raise ConfigError(f"profile {profile.name} is for {profile.module}, not for {module.name}")
        from exchange.connectors.sage.shop_customer_lander import CustomerFiles  # noqa: PLC0415

        return CustomerFiles(files, sage)

    def _files(self, name: str, folder: Path, batch: Batch) -> Target:
        """Files of a profile."""
        profile = self.registry.profile(name)
        codec, layout = self.registry.codecs[profile.format], self.registry.layout(profile)
        return OutboxTarget(codec, layout, folder, self.ledger.now(), full=batch.whole and batch.snapshot)

    def delivery(self) -> Delivery:
        """The way into the shop. Raises ConfigError when it is not reached at all."""
        if self.settings.shop.way == "none":
            raise ConfigError('shop.way is "none": nothing is brought into the shop by itself')
        from exchange.connectors.lightspeed.backoffice import BackOfficeDelivery  # noqa: PLC0415
        from exchange.connectors.lightspeed.backoffice_store import forget_files  # noqa: PLC0415
        from exchange.connectors.lightspeed.delivery import ApiDelivery  # noqa: PLC0415
        from exchange.connectors.lightspeed.lease import Lease  # noqa: PLC0415

        lease = Lease(self.ledger, self.owner.name, self.owner.is_dead)
        if self.settings.shop.way == "files":
            return BackOfficeDelivery(self.ledger, self.settings, lease, self._advance)
        forget_files(self.ledger)
        return ApiDelivery(self.ledger, self.settings, self._gateway, lease, self._advance)

    def _advance(self, number: int) -> None:
        self.progress(number)

    def _gateway(self) -> Api:
        from exchange.connectors.lightspeed.api import Api  # noqa: PLC0415

        if self._api is None:
            self._api = Api(self.settings.shop, self.ledger.now)
        return self._api

    def limits(self) -> Limits:
        """Limits of files, as the settings have them."""
        given = self.settings.limits
        megabyte = 1024**2
        return Limits(
            file_bytes=given.file_megabytes * megabyte,
            field_characters=given.field_characters,
            unpacked_bytes=given.unpacked_megabytes * megabyte,
        )

    def job(self, batch: Batch, path: Path, profile: Profile) -> Job:
        """Everything that the steps need for one batch."""
        module = self.registry.modules[profile.module]
        if batch.origin is Origin.DROP and self.pauses.holds(module.name):
            raise TransientError(f"{module.name} is paused; `exchange resume {module.name}` lets it run again")
        if not self._options[module.name].enabled:
            raise BatchError(found(SWITCHED_OFF, module=module.name))
        batch = replace(batch, target=batch.target or self.target_name(module))
        return Job(
            batch=batch,
            path=path,
            module=module,
            profile=profile,
            codec=self.registry.codecs[profile.format],
            layout=self.registry.layout(profile),
            options=self._options[module.name],
            limits=self.limits(),
            lookup=self.lookup(module),
            target=self.target(module, batch),
            landing=Landing(batch.uid, module.name, self.settings.folder("work") / batch.uid / "out"),
            progress=self.progress,
        )

    def _switched_on(self, name: str) -> Module:
        """The module of that name. Raises ConfigError when it is off."""
        module = self.registry.module(name)
        if not self._options[module.name].enabled:
            raise ConfigError(f"modules.{module.name}.enabled is false: the module is switched off")
        return module

    def code_lists(self) -> dict[str, list[tuple[str, str]]]:
        """Codes of Sage with their meaning, per field of the customer template; empty without a database."""
        if self.settings.sage.url is None:
            return {}
        from exchange.connectors.sage import code_lists  # noqa: PLC0415

        return code_lists(self.sage)

    # Verbs

    def process(self, batch: Batch) -> Batch | None:
        """Bring an open batch to its end; None when another process or lane works on it. Raises TransientError."""
        with self._lock:
            if batch.uid in self._at_work:
                return None
            self._at_work.add(batch.uid)
        try:
            return self._process(batch)
        finally:
            with self._lock:
                self._at_work.discard(batch.uid)

    def _process(self, batch: Batch) -> Batch | None:
        dead = batch.owner if self.owner.is_dead(batch.owner) else ""
        seconds = self.settings.watching.lease_seconds
        taken = self.ledger.take(batch.uid, self.owner.name, seconds, from_owner=dead)
        if taken is None:
            return None
        with self._heartbeat(taken):
            return self.pipeline.process(taken)

    @contextmanager
    def _heartbeat(self, batch: Batch) -> Iterator[None]:
        """Keep the lease while the batch is at work, from a thread of its own."""
        from threading import Event, Thread  # noqa: PLC0415

        seconds = self.settings.watching.lease_seconds
        done = Event()

        def beat() -> None:
            while not done.wait(seconds / 3):
                self.ledger.keep(batch.uid, self.owner.name, seconds)

        thread = Thread(target=beat, name=f"lease {batch.uid}", daemon=True)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()

    def import_file(self, path: Path, module: str = "", profile: str = "", *, forced: bool = False) -> Batch:
        """Import a file by hand; it stays where it is. Raises ConfigError for unknown names, TransientError."""
        name = self.registry.module(module).name if module else ""
        if profile:
            name = self.registry.profile(profile).module
        batch = put(
            path,
            self.settings.folder("work"),
            self.ledger,
            module=name,
            profile=profile,
            forced=forced,
            origin=Origin.HAND,
        )
        return self._processed(batch)

    def dry_run(self, path: Path, module: str = "", profile: str = "") -> Job:
        """What an import would do, field by field where that can be foretold. Raises BatchError, TransientError."""
        name = self.registry.module(module).name if module else ""
        batch = Batch(uid="dry-run", file_name=path.name, received_at=self.ledger.now(), module=name, profile=profile)

        def look(job: Job, staged: Staging, _vanished: list[str]) -> None:
            previewer = self._previewer(job)
            if previewer is not None:
                job.foretold = preview(job, staged, previewer, Changes(changes(job, staged)))

        return self.pipeline.dry_run(batch, path, look)

    def _previewer(self, job: Job) -> Previewer | None:
        """Who can say what the records of a batch would change."""
        if job.batch.target != SAGE or self.settings.sage.url is None:
            return None
        from exchange.connectors.sage import SagePreview  # noqa: PLC0415

        return SagePreview(self.sage)

    def read_records(self, path: Path, profile: str, take: Callable[[Any], None]) -> None:
        """Read and convert a file without checking rules; `take` gets every record. Raises BatchError."""
        batch = Batch(uid="read", file_name=path.name, received_at=self.ledger.now(), profile=profile)
        job = self.job(batch, path, self.registry.profile(profile))
        checker = Checker(job)
        for raw in read(job):
            record = checker.record(raw)
            if isinstance(record, list):
                raise BatchError(*record)
            take(record)

    def export(
        self, module: str, out_profile: str = "", *, full: bool = False, patience_seconds: float | None = None
    ) -> Batch:
        """Read a module's records out of Sage and bring what changed to where they land: by a profile, the outbox.

        Raises ConfigError for a module that is not read out of Sage, TransientError when another transfer of the module
        is at work for longer than the patience (default: as the settings have it).
        """
        declared = self._switched_on(module)
        if out_profile and self.registry.profile(out_profile).module != declared.name:
            message = (
                f"profile {out_profile} is for {self.registry.profile(out_profile).module}, not for {declared.name}"
            )
            raise ConfigError(message)
        if declared.lands is Side.SAGE and not out_profile:  # what was read out of Sage is not for Sage
            out_profile = f"{declared.name}_{self.settings.export_formats[0]}"
        patience = self.settings.service.patience_seconds if patience_seconds is None else patience_seconds
        with self.leases.held(transfer(declared.name, declared.lands), patience):
            target = self.target_name(declared, out_profile)
            self._finish_collected(declared.name, target)
            meaning = Meaning(self.ledger, self.settings, self._options[declared.name], declared.name)
            spool = self.collect(declared)
            try:
                batch = put(
                    spool,
                    self.settings.folder("work"),
                    self.ledger,
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
            batch = self._processed(batch)
            if target == SHOP and batch.state is State.DONE:
                meaning.keep()
            return batch

    def pull(self, module: str, *, patience_seconds: float | None = None) -> Batch | None:
        """Ask the shop's API for what is new of a module's records, and bring it into Sage; None when nothing is.

        How far it has come is noted only once the file is entered: what a crash in between lets come twice is
        recognised. Raises ConfigError for a module that is not read out of the shop, and as `export`.
        """
        declared = self._switched_on(module)
        if not declared.pull or self.settings.shop.way != "api":
            sources = ", ".join(each.name for each in self.registry.modules.values() if each.pull)
            raise ConfigError(f'{declared.name} is not read out of the shop (shop.way = "api": {sources})')
        patience = self.settings.service.patience_seconds if patience_seconds is None else patience_seconds
        with self.leases.held(transfer(declared.name, declared.lands), patience):
            target = self.target_name(declared)
            self._finish_collected(declared.name, target)
            with self.pulled(declared) as (spool, found):
                batch = None
                if spool.exists():
                    batch = put(
                        spool,
                        self.settings.folder("work"),
                        self.ledger,
                        module=declared.name,
                        profile=pull_profile(declared),
                        target=target,
                        forced=True,
                        origin=Origin.COLLECT,
                    )
            with self.ledger.writing() as connection:
                self.ledger.mark(connection, f"pull.{declared.pull}", found.watermark.as_text())
            return None if batch is None else self._processed(batch)

    @contextmanager
    def pulled(self, module: Module) -> Iterator[tuple[Path, Pulled]]:
        """What is new in the shop, in a spool file that lasts as long as the block; no file where nothing is new.

        Raises ConfigError where it is not said from which day on, TransientError when the shop cannot be reached.
        """
        from exchange.connectors.lightspeed.client import LightspeedClient  # noqa: PLC0415
        from exchange.connectors.lightspeed.ours import ours  # noqa: PLC0415
        from exchange.connectors.lightspeed.pull import Watermark, pull  # noqa: PLC0415

        overlap = timedelta(minutes=self.settings.shop.overlap_minutes)
        since = Watermark.from_text(self.ledger.watermark(f"pull.{module.pull}"))
        options = self._options[module.name]
        if since.at is None and module.pull in ("orders", "customers"):  # the others are read whole
            if module.pull == "orders" and "since" not in options.model_fields_set:
                raise ConfigError(f"modules.{module.name}.since is not set: from which day on are orders taken over?")
            if options.since is not None:
                begin = datetime.combine(options.since, time(), ZoneInfo(self.settings.zone))
                since = since._replace(at=begin + overlap)
        spool = self.settings.folder("work") / f"{module.name}-{self.owner.name.rpartition(':')[2]}.pulled.json"
        assert module.pull  # noqa: S101 - its callers have seen to it
        try:
            # A client of its own: what it may use of the budget is not what the delivery may use at the same time.
            with LightspeedClient(self.settings.shop, self._gateway().budget) as client:
                mine = partial(ours, self.ledger)
                yield spool, pull(client, module.pull, since, spool, overlap=overlap, ours=mine)
        finally:
            spool.unlink(missing_ok=True)

    def _finish_collected(self, module: str, target: str) -> None:
        """What a dead process had read out of a system comes before what is read now."""
        for batch in self.ledger.open_batches():
            if (batch.origin, batch.module, batch.target) == (Origin.COLLECT, module, target):
                self._processed(batch)

    def deliver(self, stop: Callable[[], bool] = lambda: False) -> Delivered:
        """Bring what waits into the shop. Raises ConfigError, TransientError while another process does."""
        return self.delivery().deliver(stop)

    def send_mails(self) -> int:
        """Send the mails that are due; the number sent. Raises TransientError, ConfigError as `Post.send` does.

        A mail about an order of the shop goes only when that says that the order is neither paid nor cancelled; while
        the shop cannot be asked, it waits.
        """
        about = self.post.orders() if self.settings.shop.way == "api" else []
        if not about:
            return self.post.send()
        from exchange.connectors.lightspeed.settled import ask  # noqa: PLC0415

        answers: dict[str, bool] = {}
        try:
            answers.update(ask(self._gateway(), about[:ASKED]))  # keeps what was answered before a call failed
        except (TransientError, ConfigError) as error:  # other mails, such as the alert about it, go on
            LOG.warning("mails about %d orders wait: %s", len(about), error, extra={"action": "mail_waits"})
        settled = [order for order, is_settled in answers.items() if is_settled]
        if settled:
            number = self.post.settled(settled)
            LOG.info("%d mails taken back: their orders are settled", number, extra={"action": "mail_settled"})
        return self.post.send([order for order in about if order not in answers])

    def audit(self) -> list[Finding]:
        """What in the shop differs from what we brought there. Raises ConfigError, TransientError."""
        from exchange.connectors.lightspeed.audit import audit  # noqa: PLC0415

        return list(audit(self.ledger, self._gateway(), self.settings.shop.article_field))

    def rehearse(self, module: str) -> tuple[Job, Plan]:
        """What a transfer of a module to the shop would do: to the records, and in the shop. Without any effect."""
        declared = self.registry.module(module)
        spool = self.collect(declared)
        plans: list[Plan] = []

        def look(job: Job, staged: Staging, vanished: list[str]) -> None:
            target = self._target(declared, job.batch)
            plans.append(self.delivery().rehearse(target, job.landing, Changes(changes(job, staged)), vanished))

        meaning = Meaning(self.ledger, self.settings, self._options[declared.name], declared.name)
        batch = Batch(
            uid="dry-run",
            file_name=spool.name,
            received_at=self.ledger.now(),
            module=declared.name,
            whole=meaning.changed,
        )
        try:
            job = self.pipeline.dry_run(batch, spool, look)
        finally:
            spool.unlink()
        return job, plans[0]

    def collect(self, module: Module) -> Path:
        """Everything becomes a file first: the records of Sage in a spool file of our own form."""
        if module.collect is None:
            sources = ", ".join(each.name for each in self.registry.modules.values() if each.collect)
            message = f"{module.name} is not read out of Sage; these are: {sources}"
            raise ConfigError(message)
        layout = self.registry.layout(self.registry.profile(f"{module.name}_json"))
        records = module.collect(self.sage, self._options[module.name])
        meta = Meta(module.name, self.ledger.now(), full=True)
        spool = self.settings.folder("work") / f"{module.name}-{self.owner.name.rpartition(':')[2]}.json"
        try:
            with spool.open("wb") as out:
                self.registry.codecs["json"].write(out, layout, records, meta)
        except BaseException:
            spool.unlink(missing_ok=True)
            raise
        return spool

    def replay(self, uid: str) -> Batch:
        """Process the kept original of a batch once more. Raises ConfigError when there is none."""
        found = self.ledger.find(uid)
        if len(found) != 1:
            message = f"{len(found)} batches match {uid!r}; `exchange log` lists them"
            raise ConfigError(message)
        old = found[0]
        original = self.settings.root / old.kept_at
        if not old.kept_at or not original.is_file():
            message = f"the original of {old.uid} is no longer there ({old.kept_at or 'still at work'})"
            raise ConfigError(message)
        batch = put(
            original,
            self.settings.folder("work"),
            self.ledger,
            module=old.module,
            profile=old.profile,
            target=old.target,
            whole=old.whole,
            forced=True,
            file_name=old.file_name,
            replay_of=old.uid,
            origin=Origin.REPLAY,
        )
        return self._processed(batch)

    def _processed(self, batch: Batch) -> Batch:
        done = self.process(batch)
        if done is None:
            message = f"{batch.uid} is at work in another process; `exchange show {batch.uid}` tells how it ends"
            raise TransientError(message)
        return done
