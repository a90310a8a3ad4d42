"""Says what of a plan nobody needs, when it cannot be made with all of it. Pure."""

from dataclasses import dataclass, replace

from core.model.notes import Note
from workers.media.audio_plan import AudioPlan
from workers.media.notes import too_much_text, without_others, without_texts
from workers.media.plan import EncodePlan


@dataclass(frozen=True, slots=True)
class Less:
    """A plan with less: how it is made, for the log, and what is told of that."""

    how: str
    plan: EncodePlan | AudioPlan
    notes: tuple[Note, ...] = ()


def with_less(plan: EncodePlan | AudioPlan) -> Less | None:
    """Return a plan without what may be why it failed; None if there is nothing to leave out.

    Those are captions that may be hidden in the picture; the sounds beside the default; the texts.
    """
    if _hides_texts(plan):
        return _without_hidden(plan)
    if plan.others:
        less = replace(plan, others=())
        return Less("with the default sound alone", less, (without_others(plan),))
    if plan.texts:
        return Less("without its texts", replace(plan, texts=()), (without_texts(plan),))
    return None


def with_less_text(plan: EncodePlan | AudioPlan) -> Less:
    """Return a plan that has not so much text."""
    if _hides_texts(plan):
        return _without_hidden(plan)
    return Less("without its texts", replace(plan, texts=()), (too_much_text(plan),))


def _hides_texts(plan: EncodePlan | AudioPlan) -> bool:
    return any(each.within for each in plan.texts)


def _without_hidden(plan: EncodePlan | AudioPlan) -> Less:
    """Leave out texts of which nobody knows whether there are some."""
    texts = tuple(each for each in plan.texts if not each.within)
    return Less("without what is hidden in the picture", replace(plan, texts=texts))
