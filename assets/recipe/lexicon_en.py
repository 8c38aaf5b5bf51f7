"""English words of the closed vocabulary, written for this project; tuples of word forms by role."""

from .lexicon_fr import FAMILY_NAMES, FIRST_NAMES

__all__ = ["FAMILY_NAMES", "FIRST_NAMES"]


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


NOUNS = _words(
    "budget report project service server contract calendar deadline document file form website test result "
    "problem risk need plan point topic account email message guide manual counter software system network "
    "password portal table summary schedule market supplier vendor director ministry committee council "
    "department office mayor agent citizen user reader keyboard button link contrast text title menu screen "
    "call incident agreement opinion exercise audit tool goal indicator trial state interview hosting access "
    "space order agenda computer phone number code level cost price amount funding credit figure percentage "
    "group partner manager colleague rule delay change launch development deployment payment subscription "
    "survey comment example model module format channel letter meeting decision question answer date week day "
    "year version page note request step team training security accessibility opening action task list "
    "priority phase line database backup licence invoice expense sum envelope commission city region law "
    "standard charter procedure method measure study analysis review correction error failure alert "
    "maintenance connection identity signature address announcement campaign communication conference "
    "presentation translation language voice colour image video room door machine application interface "
    "feature solution proposal recommendation condition limit estimate hypothesis information instruction "
    "registration consultation person population town agency company family school library grant card platform "
    "key copy piece sheet conclusion remark difference chance part policy requirement draft feedback support "
    "help desk kiosk appointment certificate permit passport tax fee staff workshop milestone prototype"
)
VERBS = _words(
    "prepare check validate finish start correct present organise test publish contact request propose discuss "
    "change move postpone plan draft share explain install configure save evaluate analyse improve modify adapt "
    "simplify finance sign announce inform support train recruit order calculate estimate compare translate "
    "document automate monitor protect block open close show use create remove add copy complete collect "
    "consult confirm cancel review approve deliver update fix launch schedule measure invite follow finalise "
    "accept refuse record print call visit help design deploy migrate archive"
)
IRREGULAR = {
    "send": "sent",
    "write": "wrote",
    "make": "made",
    "take": "took",
    "give": "gave",
    "find": "found",
    "keep": "kept",
    "buy": "bought",
    "pay": "paid",
    "choose": "chose",
    "read": "read",
    "build": "built",
    "bring": "brought",
    "hold": "held",
}
VERBS_OTHER = _words(
    "be am is are was were been being have has had do does did done can could will would should must may might "
    "shall go goes went gone come comes came see saw seen know knew known think thought say said tell told want "
    "wanted need needed agree agreed decide decided hope believe understand depends remains works seems let's "
    "I'm we're it's that's don't isn't can't we'll I'll they're doesn't you're written chosen taken given wait "
    "look ask talk speak listen meet hear feel run"
)
ADJECTIVES = _words(
    "simple complex easy difficult possible impossible necessary useful urgent important ready open closed new "
    "old first second third last next good bad better best great large small long short fast slow clear stable "
    "reliable public private technical digital administrative annual monthly final complete correct free "
    "modern readable compliant available accessible visible empty full same other every several some many few "
    "early late happy sure right wrong strong weak high low main whole true blue green red black white"
)
FUNCTION = _words(
    "I you he she it we they me him her us them my your his our their its this that these those a an the and or "
    "but so because if then before after during since in on under with without for against between by until to "
    "of at from about over into very too more less enough well also still already always never often sometimes "
    "now today tomorrow yesterday soon here there together only really maybe perhaps especially almost not no "
    "yes okay thanks thank please hello everyone who what when where how why which much each both all any "
    "nothing something anything someone exactly absolutely indeed actually however morning afternoon evening "
    "noon hour hours minute minutes days weeks month months years time times people thing things way side case "
    "work world beginning end middle place euros pounds hundred thousand percent once twice again quickly "
    "slowly carefully finally first next welcome goodbye sorry fine course just like than as up down out off"
)
DAYS = _words("Monday Tuesday Wednesday Thursday Friday Saturday Sunday")
MONTHS = _words(
    "January February March April May June July August September October November December"
)
UNITS = _words(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen"
)
TENS = _words("twenty thirty forty fifty sixty seventy eighty ninety")
ORDINALS = _words(
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth "
    "fifteenth sixteenth seventeenth eighteenth nineteenth twentieth"
)


def number(value: int) -> str:
    """Return ``value`` (0 to 999,999) in British English words."""
    if value < 20:
        return UNITS[value]
    if value < 100:
        ten, unit = TENS[value // 10 - 2], value % 10
        return ten if unit == 0 else f"{ten}-{UNITS[unit]}"
    if value < 1000:
        head = f"{UNITS[value // 100]} hundred"
        return head if value % 100 == 0 else f"{head} and {number(value % 100)}"
    head = f"{number(value // 1000)} thousand"
    rest = value % 1000
    if rest == 0:
        return head
    return f"{head} and {number(rest)}" if rest < 100 else f"{head} {number(rest)}"


def ordinal(value: int) -> str:
    """Return the day of the month ``value`` (1 to 31) as an ordinal."""
    if value <= 20:
        return ORDINALS[value - 1]
    if value == 30:
        return "thirtieth"
    return f"{TENS[value // 10 - 2]}-{ORDINALS[value % 10 - 1]}"


def conjugate(verb: str) -> dict[str, str]:
    """Return the third person, past and -ing forms of ``verb``."""
    if verb.endswith("y") and verb[-2] not in "aeiou":
        third, past = verb[:-1] + "ies", verb[:-1] + "ied"
    elif verb.endswith(("s", "sh", "ch", "x")):
        third, past = verb + "es", verb + "ed"
    else:
        third, past = verb + "s", verb + ("d" if verb.endswith("e") else "ed")
    doubled = {"plan": "plann", "chat": "chatt", "stop": "stopp"}.get(verb)
    if doubled:
        past = doubled + "ed"
    ing = doubled + "ing" if doubled else (verb[:-1] if verb.endswith("e") else verb) + "ing"
    return {"inf": verb, "third": third, "past": IRREGULAR.get(verb, past), "ing": ing}


VERB_FORMS = {verb: conjugate(verb) for verb in (*VERBS, *IRREGULAR)}
