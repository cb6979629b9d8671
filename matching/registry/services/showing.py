"""What the consent to be published by name shows: every registration of the party, in whichever room it stands."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from blinker import Namespace
from flask_babel import gettext as _

from ...errors import Invalid
from ..models import ContactPoint, Party, Purpose, Registry
from .consents import active_consents
from .contact_data import contact_data_in
from .parties import Contact

signals = Namespace()
registrations_asked = signals.signal("registrations-asked")  # a room answers with the Registered of this party, or None


@dataclass(frozen=True)
class Registered:
    """A registration that has not ended, and its texts."""

    registry: Registry
    texts: tuple[str, ...]


def registered_elsewhere(party: Party, *, than: Registry) -> list[Registered]:
    """The party's registrations in the other rooms."""
    answers = [answer for _room, answer in registrations_asked.send(party)]
    return [one for one in answers if one and one.registry is not than]


def refuse_telling_elsewhere(
    party: Party, consents: Collection[Purpose], points: Collection[Contact | ContactPoint], *, than: Registry
) -> None:
    """Whoever gives the consent in one room must not publish contact data that stand in another."""
    if Purpose.PUBLIC_NAMED not in consents or Purpose.PUBLIC_NAMED in active_consents(party.id):
        return
    for one in registered_elsewhere(party, than=than):
        if found := list(dict.fromkeys(word for text in one.texts for word in contact_data_in(text, points))):
            message = _(
                "%(registry)sの登録に、%(what)sが書かれています。"
                "名前を出すと、その内容も公開されます。先に、その登録から消してください。",
                registry=_(one.registry.label),
                what=_("・").join(found),
            )
            raise Invalid(message, field="consents")


def shown_too(party: Party, *, than: Registry) -> str:
    """For the forms that ask for the consent, or take it back: which other registration it shows; empty: none."""
    names = _("・").join(_(one.registry.label) for one in registered_elsewhere(party, than=than))
    return names and _(
        "%(registry)sとしても登録しています。名前を出す公開に同意すると、そちらの内容も公開します。取り消すと、どちらの公開も終わります。",
        registry=names,
    )
