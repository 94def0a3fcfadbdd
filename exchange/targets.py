"""Where the records of a batch land: the outbox, files for Sage, its database, the shop, letters; and what follows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from exchange.connector import Everything, Lookup, Target
from exchange.connectors.outbox import OutboxTarget, RoutedOutbox
from exchange.consignment import Consignments
from exchange.errors import ConfigError
from exchange.letter import LetterView
from exchange.module import Side
from exchange.shop import ShopView

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from exchange.connectors.mail import MailTarget
    from exchange.ledger import Batch, Ledger
    from exchange.mail import Post
    from exchange.module import Module
    from exchange.registry import Registry
    from exchange.settings import Settings
    from exchange.systems import Systems

#: The target name of everything that lands in Sage: the way may change, what was taken over stays taken over.
SAGE = "sage"
#: The same for the shop where it is reached (setting `shop.way`); otherwise exports land in the outbox.
SHOP = "shop"
#: The same for letters: the spool.
MAIL = "mail"


class Targets:
    """Makes the target of a batch.

    Args:
        settings, registry, ledger, post, systems: of the installation.
        options: the settings of each module.
    """

    def __init__(
        self,
        settings: Settings,
        registry: Registry,
        ledger: Ledger,
        *,
        options: Mapping[str, Any],
        post: Post,
        systems: Systems,
    ) -> None:
        self.settings = settings
        self.registry = registry
        self.ledger = ledger
        self.post = post
        self.systems = systems
        self._options = options

    def name(self, module: Module, out_profile: str = "") -> str:
        """How the ledger calls the place where a module's records land."""
        if module.lands is Side.SAGE:
            return f"outbox:{out_profile}" if out_profile else SAGE
        if module.lands is Side.MAIL and not out_profile:
            return MAIL
        if module.parts is not None and not out_profile and self.settings.shop.way != "none":
            return SHOP
        return f"outbox:{out_profile or f'{module.name}_{self.settings.export_formats[0]}'}"

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

        return lookup(self.settings.sage, self.systems.sage if self.settings.sage.url else None)

    def made(self, module: Module, batch: Batch) -> Target:
        """Where the records of a batch land; the shop hears of its own where its API is used."""
        target = self._followed(self.plain(module, batch), module, batch)
        if module.answer is None or batch.target != SAGE or self.settings.shop.way != "api":
            return target
        from exchange.connectors.lightspeed.answers import AnsweringTarget  # noqa: PLC0415

        return AnsweringTarget(target, self.ledger, module.answer, ShopView(self.settings, self._options[module.name]))

    def plain(self, module: Module, batch: Batch) -> Target:
        """The target itself; nothing follows from what lands there."""
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

        return StagingTarget(self.systems.sage) if sage.way == "staging" else DocumentsTarget(self.systems.sage)

    def _followed(self, target: Target, module: Module, batch: Batch) -> Target:
        """The target, and what follows once a record has landed there: consignments, letters.

        Nothing follows from a file that somebody exports by hand, in a form of ours, to look at it.
        """
        usual = batch.target == self.name(module)
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
