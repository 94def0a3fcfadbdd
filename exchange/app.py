"""The only wiring: settings in, a working exchange out. Command line, service and tests all begin here."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError
from sqlalchemy.exc import OperationalError

from exchange import ledgers, transfers
from exchange.codec import Limits
from exchange.connector import Changes, Landing, Previewer
from exchange.errors import BatchError, ConfigError, TransientError
from exchange.finding import found, kind
from exchange.leases import Leases
from exchange.ledger import Batch, Ledger, Origin
from exchange.ledgers.migrations import migrate
from exchange.mail import Post
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
from exchange.systems import Systems
from exchange.targets import SAGE, Targets
from exchange.troubles import Troubles

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from typing import Self

    from sqlalchemy import Engine

    from exchange.finding import Finding
    from exchange.module import Module
    from exchange.profile import Profile
    from exchange.settings import Settings
    from exchange.shop import Delivered, Plan
    from exchange.staging import Staging

SWITCHED_OFF = kind(
    "file.module_off",
    de="Das Modul „{module}“ ist ausgeschaltet.",
    en="The module “{module}” is switched off.",
    remedy_de="Schalten Sie es unter modules.{module}.enabled ein, und legen Sie die Datei noch einmal ein.",
    remedy_en="Switch it on at modules.{module}.enabled, and drop the file again.",
)

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


class App:
    """One installation at work. Use as a context manager: it holds a lock and connections.

    Attributes:
        settings, registry, ledger, leases, pauses, post, troubles: of the installation.
        systems: Sage's database and the shop.
        targets: where records land.
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
        self.systems = Systems(settings, self.ledger, self.owner, self._advance)
        self.targets = Targets(
            settings, self.registry, self.ledger, options=self._options, post=self.post, systems=self.systems
        )
        self.pipeline = Pipeline(settings, self.ledger, self.registry, self.job)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        """Give back lock and connections."""
        self.owner.close()
        self.ledger.close()
        self.systems.close()

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
        engine = ledgers.engine(self.settings.located(secret(self.settings.ledger.url)))
        try:
            migrate(engine)
        except OperationalError as error:
            engine.dispose()
            message = f"the ledger cannot be opened: {str(error.orig).strip()}"
            raise TransientError(message) from error
        return engine

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

    def _advance(self, number: int) -> None:
        self.progress(number)

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
        batch = replace(batch, target=batch.target or self.targets.name(module))
        return Job(
            batch=batch,
            path=path,
            module=module,
            profile=profile,
            codec=self.registry.codecs[profile.format],
            layout=self.registry.layout(profile),
            options=self._options[module.name],
            limits=self.limits(),
            lookup=self.targets.lookup(module),
            target=self.targets.made(module, batch),
            landing=Landing(batch.uid, module.name, self.settings.folder("work") / batch.uid / "out"),
            progress=self.progress,
        )

    def switched_on(self, name: str) -> Module:
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

        return code_lists(self.systems.sage)

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
        return self.processed(batch)

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

        return SagePreview(self.systems.sage)

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
        """See `exchange.transfers.export`."""
        return transfers.export(self, module, out_profile, full=full, patience_seconds=patience_seconds)

    def pull(self, module: str, *, patience_seconds: float | None = None) -> Batch | None:
        """See `exchange.transfers.pull`."""
        return transfers.pull(self, module, patience_seconds=patience_seconds)

    def rehearse(self, module: str) -> tuple[Job, Plan]:
        """See `exchange.transfers.rehearse`."""
        return transfers.rehearse(self, module)

    def deliver(self, stop: Callable[[], bool] = lambda: False) -> Delivered:
        """Bring what waits into the shop. Raises ConfigError, TransientError while another process does."""
        return self.systems.delivery().deliver(stop)

    def send_mails(self) -> int:
        """See `exchange.transfers.send_mails`."""
        return transfers.send_mails(self)

    def audit(self) -> list[Finding]:
        """What in the shop differs from what we brought there. Raises ConfigError, TransientError."""
        from exchange.connectors.lightspeed.audit import audit  # noqa: PLC0415

        return list(audit(self.ledger, self.systems.gateway(), self.settings.shop.article_field))

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
        return self.processed(batch)

    def processed(self, batch: Batch) -> Batch:
        """The batch, brought to its end. Raises TransientError also when another process has it."""
        done = self.process(batch)
        if done is None:
            message = f"{batch.uid} is at work in another process; `exchange show {batch.uid}` tells how it ends"
            raise TransientError(message)
        return done
