"""Words as they compare: without case, accents, or the small words that carry no content."""

from __future__ import annotations

import re
import unicodedata

_TOKEN = re.compile(r"[^\W_]+")

_STOP = frozenset(
    """
    a ai aie as au aura aurait aussi autre aux avait avec avez avoir avons bien bon bonne c ca car
    ce cela celle celui ces cet cette chez comme comment d dans de deja depuis des deux donc dont du
    elle elles en encore entre est et etaient etait etant ete etes etre eu fait faire faut fois font
    il ils j je l la le les leur leurs lors lui m ma mais me meme mes moi moins mon n ne ni non nos
    notre nous on ont ou oui par parce pas peu peut peux plus pour pourquoi pouvons qu quand que
    quel quelle quelles quels qui quoi s sa sans se sera serait ses si sommes son sont sous suis sur
    t ta
    te tes toi ton tous tout toute toutes tres trop tu un une va vais vers veux voila vos votre vous
    vraiment y alors apres avant beaucoup
    about after again all also am an and any are at be because been before being but by can could
    did do does doing done down for from get go going got had has have he her here him his how i
    if in into is it its just like made make may me might more most much must my no nor not now of
    off ok okay only or other our out over own please really s same she should so some such than
    that the their them then there these they this those through to too under until up us very was
    we well were what when where which while who whom why will with would yes yet you your
    bonjour merci bonsoir revoir hello hi thank thanks goodbye bye everyone
    """.split()  # noqa: SIM905 - a page of quoted words reads worse
)


def fold(text: str) -> str:
    """Lower case, no accents, straight apostrophes: how recognised words are compared."""
    plain = unicodedata.normalize("NFKD", text.casefold().replace("’", "'").replace("œ", "oe"))
    return "".join(c for c in plain if not unicodedata.combining(c))


def tokens(text: str) -> list[str]:
    """All words, folded; elisions are split (`l'audit` is `l`, `audit`)."""
    return _TOKEN.findall(fold(text))


def content_words(text: str) -> set[str]:
    """The stems that carry content.

    A stem is the first six letters: it joins `décide` and `décidé`, `report` and `reports`,
    without a dictionary.
    """
    return {
        word[:6] for word in tokens(text) if word not in _STOP and (len(word) > 2 or word.isdigit())
    }
