"""What a decision, an action, a question and a date sound like, in French and English.

All patterns but the dates run over folded text (see `words.fold`): lower case, no accents.
They are written to be sure rather than complete: a missed action can still be read in the
transcript, an invented one misleads.
"""

from __future__ import annotations

import re

DECISION = re.compile(
    r"""
    \b(nous|on)\ (avons\ |a\ )?decid(ons|e)\b
    | \b(nous|on)\ (retenons|retient|validons|valide|adoptons|adopte|approuvons|actons|acte)\b
    | \b(c'est|il\ est|est|sont)\ (donc\ )?(decidee?s?|actee?s?|adoptee?s?)\b
    | \b(c'est|il\ est)\ (donc\ )?(valide|approuve|entendu|convenu)\b
    | \b(nous\ sommes|on\ est)\ (tous\ )?d'accord\ (pour|sur)\b
    | \bla\ decision\ est\b | ^decision\b
    | \bwe\ (have\ |'ve\ )?(all\ )?(agreed?|decided?|approved?|adopt(ed)?)\b
    | \bwe've\ (agreed|decided|approved)\b
    | \b(it\ is|it's|that\ is|that's|has\ been|have\ been)\ (agreed|decided|approved|settled)\b
    | \bthe\ decision\ is\b | \b(let's|we'll|we\ will)\ go\ with\b
    """,
    re.VERBOSE,
)

CONCLUSION = re.compile(
    r"^(alors|donc|eh bien|so|then|therefore),? (nous|on|we)\b"
    r"(?! (avons|sommes|pensons|n'|ne |a |est |peut|pouvons|are|have|had|were|can|could|do not))"
)
"""May be a decision: it is one once somebody else agrees."""

AGREEMENT = re.compile(
    r"\b(d'accord|entendu|c'est (note|bon|valide|decide)|agreed?|okay|ok|sounds good"
    r"|fine (with|for) me)\b"
)

_TASKS_FR = (
    "prepar|envo|enverr|redig|ecri|contact|verifi|organis|transmet|transm|appel|rappel|termin|corrig|publi"
    "|present|relanc|propos|partag|planifi|reserv|finalis|complet|met|mets|relis|relir|relit|fourni"
    "|livr|install|teste|rempli|signe|commande|demande|diffus|recrut|invit|tradui|document|analys"
    "|mettr|prend|revoi|revien|remet|recherch|cherch"
)
_TASKS_EN = (
    "send|write|prepare|draft|contact|check|organi[sz]e|call|finish|complete|fix|publish|present"
    "|propose|share|plan|book|review|update|provide|deliver|install|test|ask|sign|order|invite"
    "|translate|document|analy[sz]e|follow|set|talk|speak|schedule|collect|correct|circulate|look"
    "|take care|handle|finali[sz]e|arrange|confirm|submit|bring|get back|make|give|put|add|create"
)

TASK = re.compile(rf"\b(?:{_TASKS_FR})[a-z]*\b|\b(?:{_TASKS_EN})\b")
"""A verb of doing, anywhere in the sentence."""

THIRD_PERSON = re.compile(
    rf"^[\s,]*(?:se charge|s'occupe|va|doit|devra|aura a|(?:m'|nous |vous |lui |leur |te |t'|l'|le "
    rf"|la |les )?(?:{_TASKS_FR})(?:er?|ez|a|era|ra|it|t|d|oie|oit|iera|uit|uira)?\b"
    rf"|(?:will|'ll|is going to|is to|has to|needs to|must|should|takes care of)\b)"
)
"""What follows a name, when its bearer is the one who does it.

`-er` and `-ez` too: they sound like `-é`, and recognition writes one for the other.
"""

NOT_A_TASK = re.compile(
    r"^[\s,]*(?:va (?:bien|mieux|nous rejoindre)"
    r"|(?:will|must|should|'ll) (?:be|have|not|know|like)\b|doit (?:etre|avoir))"
)

FIRST_PERSON = re.compile(
    rf"\bje m'en (?:occupe|charge)|\bje m'occupe (?:de|du|des)\b|\bje me charge\b"
    rf"|\bje m'engage a\b"
    rf"|\bje vais (?:vous |te |t'|lui |leur |le |la |les |l')?(?:{_TASKS_FR})[a-z]*"
    rf"|\bj(?:e |')(?:vous |te |t'|lui |leur |le |la |les |l')?"
    rf"(?:{_TASKS_FR})(?:erai|rai|ai|e|s|oie|ie|le)\b"
    rf"|\b(?:i will|i'll|i am going to|i'm going to|i shall)(?: also)? (?:{_TASKS_EN})\b"
)
"""The speaker takes it on; the future and the present count, a wish or an offer doesn't."""

NOT_FIRST_PERSON = re.compile(r"\bje (?:propose|demande|presente|mets|rappelle|prends)\b")
"""What people say of the meeting itself, not of work to be done."""

REQUEST = re.compile(
    r"^[\s,]*(?:(?:est-ce que )?(?:tu |vous )?(?:peux|peut|pouvez|pourrais|pourriez|veux|voulez)"
    r"[- ](?:tu|vous|bien)?|merci de|s'il (?:te|vous) plait|can you|could you|would you|will you"
    r"|please)\b"
)
"""What follows a name, when its bearer is asked to do it."""

QUESTION = re.compile(
    r"\?\s*$|\best-ce qu|^(qui|que|quel|quelle|quels|quelles|comment|pourquoi|combien)\b.*\?"
    r"|\bwho will\b|\bwho is going to\b|\bqui (va|doit|peut|pourra|s'occupe|prend)\b"
)

OPEN = re.compile(
    r"\b(reste|restent|est|demeure) (encore |donc )?"
    r"(ouverte?s?|en suspens|a (definir|trancher|voir))\b"
    r"|\bpas encore de reponse|\b(nous|on) ne sa(vons|it) pas( encore)?\b|\ba trancher\b"
    r"|\b(remains?|still|is|stays?) open\b|\bopen (question|point|issue)|\bwe (do not|don't) know\b"
    r"|\bno answer yet\b|\bquestion ouverte\b|\bto be (decided|confirmed|determined)\b"
)

_DAY = (
    "lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche"
    "|monday|tuesday|wednesday|thursday|friday|saturday|sunday"
)
_MONTH = (
    "janvier|f[ée]vrier|mars|avril|mai|juin|juillet|ao[uû]t|septembre|octobre|novembre|d[ée]cembre"
    "|january|february|march|april|may|june|july|august|september|october|november|december"
)
_NUMBER = (
    r"\d{1,4}(?:er|e|st|nd|rd|th)?|premier|un|deux|trois|quatre|cinq|six|sept|huit|neuf|dix|onze"
    "|douze|treize|quatorze|quinze|seize|vingt|trente|quarante|cinquante|et|mille|cents?"
    "|(?:dix|vingt|trente)-[a-zé-]+"
    "|first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|eleventh|twelfth"
    "|thirteenth|fourteenth|fifteenth|sixteenth|seventeenth|eighteenth|nineteenth|twentieth"
    "|thirtieth|twenty(?:[- ][a-z]+)?|thirty(?:[- ]first)?"
    "|one|two|three|four|five|seven|eight|nine|ten|eleven|twelve"
)
_PERIOD = (
    "semaines?|mois|jours?|ann[ée]es?|trimestre|heures?|weeks?|months?|days?|years?|quarter|hours?"
)
_ANCHOR = (
    rf"(?:{_DAY}|{_MONTH}|{_PERIOD}|demain|tomorrow|tonight|today|ce soir|midi|noon|r[ée]union"
    r"|meeting|\d{1,2}/\d{1,2}(?:/\d{2,4})?)"
)
_LINK = (
    r"(?:le|la|les|l[’']|du|de|des|d[’']|au|[àa]|ce|cette|fin|d[ée]but|prochaine?s?|the"
    r"|of|next|this|end|on|in|matin|soir|apr[èe]s-midi|morning|evening|afternoon|notre|our)"
)
_BEFORE = (
    r"(?:avant|d[’']ici(?:[ ]à|[ ]au)?|au plus tard|jusqu[’'](?:au|à)|pour|d[èe]s|sous"
    r"|by|before|until|no later than|due|within|on)"
)
_PART = rf"(?:{_ANCHOR}|{_NUMBER}|{_LINK})(?![\w-])"

DUE = re.compile(
    rf"(?<![\w-]){_BEFORE}[ ](?:{_PART}[ ]?)*?{_ANCHOR}(?![\w-])(?:[ ]?{_PART})*", re.IGNORECASE
)
"""A time limit with the word that introduces it, as it was said (not folded)."""

DATE = re.compile(
    rf"(?<![\w-])(?:(?:le|next|ce|cette|on)[ ])?(?:(?:{_DAY}|demain|tomorrow)(?![\w-])"
    rf"(?:[ ]{_PART})*|(?:semaine prochaine|next week|le mois prochain|next month))",
    re.IGNORECASE,
)
"""A day named without such a word; counts as due only where the action has an owner."""
