"""The words and patterns by which finding_questions reads a statement: its verbs, what may stand before its "
"subject, how a
sentence reports, denies or leaves open, and what turns a finding round.
"""

from __future__ import annotations

import re

VERBS = (
    "increase", "decrease", "reduce", "improve", "lower", "raise", "enhance", "impair", "affect", "influence",
    "prevent", "protect", "cause", "induce", "inhibit", "suppress", "promote", "stimulate", "attenuate", "ameliorate",
    "alter", "modify", "modulate", "predict", "contribute", "lead", "result", "decline", "worsen", "alleviate",
    "accelerate", "delay", "elevate", "diminish", "block", "activate", "trigger", "exacerbate", "exert", "confer",
    "play", "provide", "produce", "offer", "correlate", "differ", "vary", "depend", "require", "represent", "account",
    "reflect", "exhibit", "remain", "appear", "occur", "outweigh", "explain", "determine", "contain", "relieve",
    "restore", "mitigate", "reverse", "regulate", "respond", "interact", "persist", "exceed", "constitute", "favor",
    "facilitate", "limit", "mediate", "pose", "possess", "minimize", "maintain", "abolish", "counteract", "scavenge",
    "undergo", "benefit", "impact", "shorten", "prolong", "encourage", "satisfy", "help", "upregulate",
    "downregulate", "retard", "serve", "boost", "aggravate", "potentiate", "strengthen", "weaken", "eliminate",
    "compromise", "damage", "kill", "target", "support", "disrupt", "interfere", "normalize", "enable", "augment",
    "accumulate", "convey",
)  # fmt: skip
IRREGULAR = {"led": "lead", "underwent": "undergo", "overcame": "overcome", "became": "become", "rose": "rise",
              "fell": "fall", "grew": "grow", "had": "have", "has": "have", "showed": "show",
              "shows": "show"}  # fmt: skip
NOUNS = {"increase", "decrease", "cause", "result", "benefit", "influence", "delay", "decline", "support", "limit",
          "damage", "impact", "offer", "target", "help", "block", "lead", "play", "account",
          "produce", "favor", "trigger", "boost", "reverse", "lower", "correlate"}  # fmt: skip
PLURALS = ("children", "women", "men", "people", "bacteria", "data", "mice", "criteria", "media")
BE = ("is", "are", "was", "were")
BE_FRONT = tuple(b.capitalize() for b in BE)
MODALS = {"may": "maybe", "might": "maybe", "could": "maybe", "can": "yes", "should": "yes", "will": "yes"}


def _forms() -> dict[str, tuple[str, str]]:
    """Verb form -> (base, auxiliary); base forms are for plural subjects."""
    forms: dict[str, tuple[str, str]] = {}
    for base in VERBS:
        third = base + "es" if re.search(r"(?:s|sh|ch|x|z|o)$", base) else base + "s"
        past = base + "d" if base.endswith("e") else base + "ed"
        if re.search(r"[^aeiou]y$", base):
            third, past = base[:-1] + "ies", base[:-1] + "ied"
        past = "occurred" if base == "occur" else past
        forms |= {base: (base, "do"), third: (base, "does"), past: (base, "did")}
    return forms | {form: (base, "does" if form.endswith("s") else "did") for form, base in IRREGULAR.items()}


FORMS = _forms()
SECOND_VERB = re.compile(rf" and (?:\w+ly )?(?:{'|'.join(f for f, (base, _) in FORMS.items() if f != base)}) .*$")

LEAD_IN = re.compile(
    r"^(?:In (?:conclusion|summary|addition|contrast|sum|general)|To conclude|Thus|Therefore|Overall|Moreover|"
    r"Finally|"
    r"Furthermore|However|Hence|Additionally|Collectively|Taken together|Consequently|Accordingly|Conversely|"
    r"Interestingly|Importantly|Notably|On the other hand|Similarly|As expected|Likewise|Also|Nevertheless|Together|"
    r"Altogether|In this (?:study|trial|meta-analysis|cohort|review)|In the present study|In our study|Conclusions?|"
    r"But|And|Yet|Indeed|For the first time|Nonetheless|Unexpectedly|Surprisingly|By contrast|"
    r"In particular)\s*[,:]?\s+",
    re.IGNORECASE,
)
REPORT = re.compile(
    r"^(?:[^,;:]{0,90}\b)?(?:we|data|results?|findings?|stud(?:y|ies)|evidence|analys[ei]s|observations?|reviews?|"
    r"meta-analys[ei]s|trials?|experiments?|authors|literature|report|work|investigations?|it)\b[^;.:]{0,60}?\b"
    r"(?P<verb>suggest(?:s|ed|ing)?|indicat(?:es?|ed|ing)|show(?:s|ed|n)?|demonstrat(?:es?|ed)|found|"
    r"conclud(?:es?|ed)|"
    r"support(?:s|ed)?|confirm(?:s|ed)?|reveal(?:s|ed)?|provides? evidence|impl(?:y|ies)|observed|report(?:ed)?|"
    r"is concluded|appears|propose|believe)\s+that,?\s+(?P<said>.+)$",
    re.IGNORECASE,
)
NOT_SHOWN = re.compile(
    r"^(?:[^,;:]{0,80}\b)?(?:no|little|insufficient|lack of) (?:\w+ )?evidence (?:was found )?(?:to suggest "
    r")?that (?P<a>.+)$|"
    r"^(?:[^,;:]{0,80}\b)?(?:do|does|did) not (?:support|confirm) (?:the|a|this) "
    r"(?:hypothes[ie]s|view|idea|notion|concept|contention|claim|suggestion|theory|belief)s? that (?P<b>.+)$",
    re.IGNORECASE,
)
UNSURE = re.compile(
    r"^(?:[^;:]{0,100}\b)?(?:unclear|unknown|uncertain|controversial|inconclusive|not (?:clear|known|established)|"
    r"remains? to be (?:determined|established|elucidated|seen|clarified)|(?:needed|required|warranted|necessary|"
    r"insufficient)(?: in order)? to (?:determine|confirm|establish|assess|clarify|evaluate|examine|conclude|"
    r"verify|investigate|elucidate|test|know))\s+(?:whether|if|that)\s+(?P<a>.+)$|"
    r"^(?:It is\s+)?Whether (?P<b>.+?),? (?:is|are|remains?|has|have) (?:still |currently |largely |yet )?(?:unclear|"
    r"unknown|uncertain|controversial|not (?:been )?(?:clear|known|established|determined)|a matter of debate|"
    r"inconclusive|debated|to be determined|under debate|unresolved)\b.*$",
    re.IGNORECASE,
)  # fmt: skip
NO_LINK = re.compile(
    r"^(?:There (?P<be>was|were|is|are) |We (?:found|observed|detected) )?(?:no|little) (?P<what>(?:\w+ |"
    r"\w+-\w+ ){0,3}"
    r"(?:association|relationship|relation|correlation|difference|effect|change|increase|decrease|reduction|link|"
    r"evidence|improvement|interaction|benefit|impact)s?)(?: (?:was|were) (?:found|seen|observed|detected|noted|"
    r"evident|"
    r"apparent))? (?P<rest>(?:between|of|in|with|for|on|from|to)\b.+)$",
    re.IGNORECASE,
)
SEEN = re.compile(r" (?:was|were|is|are) (?:also )?(?:found|seen|observed|detected|noted|evident|apparent)\b")
TAIL = re.compile(
    r"\s*(?:;|:|,? (?:but|although|though|whereas|while|because|however|suggesting|indicating|thereby|thus|hence|"
    r"possibly|perhaps|probably|presumably|likely (?:due|through|by|via)|which|and (?:is|was|are|were|may|might|can|"
    r"thus|therefore|that|should|could|this|these|did|does|do|had|has|have|it|they|will|there|also)|as well as may|"
    r"even though|since|where|so that|supporting|consistent with|providing)\b|, (?:and|with|yet|or|the|an|in|as|"
    r"especially|particularly|independent|independently|(?!including)\w+ing|at least|but|often|thereby)\b|--|"
    r" - | – |\u2014).*$"
)
BAD_SUBJECT = re.compile(
    r"^(?:any|similar|in|on|it|this|these|they|we|those|there|he|she|our|such|both|each|i|here|what|to|its|"
    r"their|one|more|further|future|"
    r"additional|another|other|all|neither|nor|either|no|not|if|how|why|when|where|whether|same|results?|"
    r"findings?|data|"
    r"the (?:latter|former|same|present|current|aim|purpose|objective|goal|results?|authors?|findings?|data|evidence|"
    r"study|most|two|other|effect[s]? (?:was|were)|question|overall|trial|review|difference|proposed|paper|"
    r"article|subjects)|instead|despite|rather|based|compared|using|given|"
    r"a (?:total|number|systematic|review|similar)|studies|research|evidence|most|many|some|several|only|"
    r"\d+)\b|^(?:a|an)$",
    re.IGNORECASE,
)
BAD_IN_SUBJECT = re.compile(
    r"\b(?:that|which|who|whose|whether|if|when|while|although|because|than|however|we|our|they|not|"
    r"respectively|was|were|is|"
    r"has|have|had|been|(?:in|among|during) previous|are|study|studies|trial|other|focus|aim|purpose|remaining|"
    r"authors?)\b|[;:=%?,]|\d\.\d",
    re.IGNORECASE,
)
PREPOSITION = re.compile(
    r"^(?P<where>(?:In|Among|During|After|For|With|At|Within|Following|Under|Before|Over|"
    r"By) [^,;:.]{3,70}), (?P<rest>.+)$",
    re.IGNORECASE,
)
HEDGE = re.compile(r"\b(?:may|might|could|possibly|perhaps)\b")
HELD = re.compile(r"an?|the|higher|lower|greater|more|less|beneficial|clinical|strong|important|positive|negative|"
                   r"protective|potential|significantly|adverse|anti\S*")  # fmt: skip
ADVERB = re.compile(r"(?:\w{2,}ly|also|both|often|further|even|still|thus|consistently)")
ADJECTIVE_BEFORE = re.compile(
    r"^(?:all|the|a|an|of|with|in|by|to|for|from|on|at|and|or|its|their|this|these|as|no|any|more|less|than|between|"
    r"significant|marked|major|important|via|through|into|per|after|under|during|both|&)$",
    re.IGNORECASE,
)
OPPOSITE = {
    "increase": "decrease", "increased": "decreased", "reduce": "increase", "reduced": "increased", "lower": "raise",
    "decrease": "increase", "decreased": "increased", "improve": "worsen", "improved": "worse", "higher": "lower",
    "positively": "inversely", "inversely": "positively", "greater": "smaller", "smaller": "greater", "more": "less",
    "less": "more", "elevated": "reduced", "better": "worse", "worse": "better", "prevent": "cause",
    "promote": "inhibit", "inhibit": "promote", "enhance": "impair", "impair": "enhance", "beneficial": "harmful",
    "harmful": "beneficial", "effective": "ineffective", "safe": "unsafe", "protect": "fail to protect",
    "suppress": "stimulate", "stimulate": "suppress", "attenuate": "aggravate", "raise": "lower", "elevate": "lower",
    "negatively": "positively", "protective": "harmful", "decline": "rise", "worsen": "improve",
    "unlikely": "likely", "likely": "unlikely", "safely": "dangerously",
    "lowered": "raised", "diminish": "increase", "diminished": "increased", "ameliorate": "worsen",
    "alleviate": "worsen", "shorten": "prolong", "prolong": "shorten", "delay": "accelerate", "accelerate": "delay",
}  # fmt: skip
DIRECTION = re.compile(r"\b(?:" + "|".join(OPPOSITE) + r")\b")
FULL_OPPOSITE = re.compile(r"\b(?:effective|safe|likely|unlikely)\b")  # where "not so" is as much as the opposite
STILL_DENIED = re.compile(r"^(?:little|only|rather)\b|\b(?:not|nor|neither|no|without)\b")
NO_FINDING = re.compile(
    r"(?:appears?|seems?|appeared|seemed|remain\w*) (?:to )?(?:be )?(?:unclear|controversial|unknown)|"
    r"(?:also |now |currently |frequently |largely |adequately |a |the )*(?:needed|summari[sz]ed|evaluated|known|"
    r"recogni[sz]ed|exploited|analy[sz]ed|repeated|ascertained|studied|investigated|examined|assessed|estimated|"
    r"enrolled|followed|divided|fed|given|administered|invited|asked|compared|determined|identified|elucidated|"
    r"tested|characteri[sz]ed|explored|selected|defined|based|considered|class|widely|group of|type of|family of|"
    r"leading|member|validated|published|searched|completed|quantified|substituted|required|warranted|necessary|"
    r"discussed|reviewed|presented|described|unclear|uncertain|unknown|controversial|limited|inconsistent|lacking|"
    r"scarce|sparse|conducted|performed|measured|randomi[sz]ed|assigned|recruited|used to|included|calculated|"
    r"collected|obtained|\d)"
)  # what was done, not what was found
