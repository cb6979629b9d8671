"""What a party can do, in its own words, told to one registry."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask_babel import gettext as _
from sqlalchemy import select

from ...database import db
from ...errors import Invalid
from ..models import Registry, Skill

MAX_SKILLS = 12


@dataclass(frozen=True)
class SkillWords:
    """A skill as somebody told it."""

    phrase: str
    level: int | None = None
    qualification: str | None = None
    confirmed: bool = False
    concept: str | None = None  # of the lexicon; see concepts.services.with_concepts


def skills_of(party_id: int, registry: Registry) -> list[Skill]:
    query = select(Skill).where(Skill.party_id == party_id, Skill.of_registry == registry).order_by(Skill.position)
    return list(db.session.scalars(query))


def set_skills(party_id: int, registry: Registry, skills: Sequence[SkillWords]) -> None:
    """Replace what a party told one registry. A skill that stays word for word keeps its confirmation, and the concept
    that was meant, whatever became of that concept's label."""
    if len(skills) > MAX_SKILLS:
        raise Invalid(_("できることは%(count)s件までです。", count=MAX_SKILLS), field="skills")
    old = skills_of(party_id, registry)
    confirmed = {(skill.phrase, skill.qualification) for skill in old if skill.confirmed}
    meant = {skill.phrase: skill.concept for skill in old if skill.concept}
    for skill in old:
        db.session.delete(skill)
    db.session.flush()
    for position, words in enumerate(skills):
        db.session.add(
            Skill(
                party_id=party_id,
                of_registry=registry,
                position=position,
                phrase=words.phrase.strip(),
                concept=meant.get(words.phrase.strip()) or words.concept,
                level=words.level,
                qualification=words.qualification or None,
                confirmed=words.confirmed or (words.phrase.strip(), words.qualification or None) in confirmed,
            )
        )
    db.session.flush()
