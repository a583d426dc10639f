"""The words by which a poor instruction or answer is told, as patterns."""

import re

_MADE_OF_CODE = (
    r"(?:functions?|programs?|scripts?|code|class|methods?|quer(?:y|ies)|regex|regular expression"
    r"|snippet|one-?liner|stored procedure|decorator|macro|struct)"
)
ASKS_CODE = re.compile(
    r"\b(?:write|create|implement|generate|develop|build|code|program|design|complete|give me"
    rf"|show me|provide)\b[^.?!\n]{{0,60}}?\b{_MADE_OF_CODE}\b",
    re.IGNORECASE,
)
# Of a program people also ask a question, or a text about it; and not all that is a program runs.
ASKS_WORDS = re.compile(
    r"\b(?:explain|descri(?:be|ption)|identify|detect|how (?:to|do|does|can|could|would|should)"
    r"|why|what (?:is|are|does|do|would|will)|comments?|essay|documentation|story|poem|e-?mail"
    r"|(?:names?|titles?|list) (?:for|of (?:ideas|tips|skills|steps))"
    r"|(?:make|create|write|give|provide|compile|prepare) (?:me |us )?an? (?:[\w-]+ )?list"
    r"|summar\w+|difference|outline|plan|test cases?|review|output|pseudo-?code"
    r"|readme|errors?|bugs?|video|youtube|movie|speech|used to write|colou?r code|secret code"
    r"|code of|dress code|zip code|program for|class of|in words|workout|school|course|lesson)\b",
    re.IGNORECASE,
)
LIKE_CODE = re.compile(
    r"[{}=<>\[\]]|\w\(|;\s*$|^\s*(?:def|class|import|#|//|\$)\b|^ {4}\S", re.MULTILINE
)

_CANNOT = (
    r"(?:cannot|can not|can['’]?t|won['’]?t|will not|could not"
    r"|(?:(?:am|was)(?: currently| also)?|['’]m) (?:unable|not able|not capable)(?: to| of)"
    r"|(?:don['’]t|do not) have the (?:ability|capabilit\w+|capacity|means) (?:to|of))"
)
_HOW = r"(?:(?:actually|really|directly|physically|simply|fully|currently|just) )?"
_DO = (
    r"(?:help|assist|answer|provid\w+|process\w*|generat\w+|creat\w+|writ\w+|fulfil\w*|comply"
    r"|complet\w+|do (?:that|this|it|so)|perform\w*|execut\w+|run(?:ning)?|access|discuss|support"
    r"|engage|offer|tell you|graph|draw|view|display|order|book|find|recommend|fetch|translate"
    r"|say)\b"
)
REFUSAL = re.compile(
    rf"\bI ?{_CANNOT} {_HOW}{_DO}|\bI (?:must|have to) (?:decline|refuse)\b"
    r"|\b(?:beyond|outside)(?: of)? my (?:current )?(?:capabilit|abilit|scope|programming)"
    r"|\b(?:against|violates?) (?:my|our) (?:programming|guidelines|polic|principles)"
    r"|\bit is not (?:ethical|appropriate)[^.\n]{0,40} to (?:provide|help|write)"
    r"|\bI (?:don['’]t|do not) have (?:access to|the (?:ability|capabilit)|personal)",
    re.IGNORECASE,
)

_MAKERS = (
    r"(?:OpenAI|Anthropic|Google|Meta|Microsoft|Mistral|Alibaba|DeepSeek|LAION|LMSYS"
    r"|Large Model Systems)"
)
_MODELS = (
    r"(?:ChatGPT|GPT-?\d[\w.]*|Claude|Bard|Gemini|Vicuna|Llama|Open ?Assistant|Qwen|DeepSeek"
    r"|Mistral)"
)
_KIND = (
    r"(?:AI|A\.I\.|artificial intelligence|language model|text-based model|chat ?bot"
    r"|virtual assistant|neural network)"
)
_TRADE = (
    r"(?! (?:engineer|develop|research|expert|special|consult|enthus|scien|student|company|start))"
)
SELF = re.compile(
    rf"\b[Aa]s an? (?:[\w-]+ ){{0,3}}{_KIND}\b{_TRADE}[^.\n]{{0,60}}\b(?:I|my|me)\b"
    rf"|\bI(?:['’]m| am)(?: just| only)? an? (?:[\w-]+ ){{0,3}}{_KIND}\b{_TRADE}"
    rf"|\b(?:I am|I['’]m|[Mm]y name is) {_MODELS}\b"
    r"|\bI(?:['’]m| am| was|['’]ve been| have been) (?:[\w-]+ ){0,3}"
    rf"(?:created|trained|developed|designed|built|made) by[^.\n]{{0,40}}\b{_MAKERS}\b"
    r"|\bI(?: was|['’]m| am| have been) (?:only )?trained on\b"
    r"|\b[Mm]y (?:training data|knowledge cut-?off|last (?:knowledge )?update)\b"
    r"|\bof being a (?:large )?language model\b"
)

GAP = re.compile(
    r"\byour (?:own )?(?:code|implementation|logic|solution|answer)(?: goes| comes)? here\b"
    r"|\b(?:add|insert|write|put|place|type) (?:your|the|some) (?:\w+ ){0,2}"
    r"(?:code|logic|implementation) here\b"
    r"|\[insert [^\]\n]{2,60}\]|<insert [^>\n]{2,60}>"
    r"|\b(?:code|implementation|logic) goes here\b",
    re.IGNORECASE,
)
ASKS_GAP = re.compile(r"templates?\b|skeleton|boilerplate", re.IGNORECASE)
# A function that does nothing but say that something is to be done.
TO_DO = re.compile(
    r"(?:#|//|/\*|--|;)\s*TODO\b[^\n]*\n\s*"
    r"(?:pass|\.\.\.|return(?: (?:None|null|nil|0|-1|false|\"\"|''))?;?|\}|end)\s*(?:\n|\Z)",
    re.IGNORECASE,
)
