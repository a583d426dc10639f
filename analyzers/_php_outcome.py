"""What became of a PHP test program, apart from what the sandbox or its version lacks."""

import re
from typing import Any

from backfeed.analyzers import _php_source, _record
from backfeed.engine.requests import Job, Outcome

Plain = dict[str, Any]
_CLASS = re.compile(r"(?:Class|Interface|Trait|Enum) [\"']\\?([\\\w]+)[\"'] not found")
_CALLED = re.compile(r"Call to undefined function (?:[\w\\]*\\)?(\w+)\(\)")
_METHOD = re.compile(
    r"Call to undefined method [\\\w]*Test::((?:assert|expect|create|any|with)\w*)"
)
# What extensions bring that may not be there.
_EXTRA_CLASSES = re.compile(
    r"(?:Redis\w*|Memcached?|Imagick\w*|mysqli\w*|SQLite3\w*|ZipArchive|Soap\w+|AMQP\w+|Swoole|GMP"
    r"|Intl\w+|NumberFormatter|Collator|Normalizer|Transliterator|MessageFormatter|Spoofchecker)",
    re.IGNORECASE,
)
_EXTRA_CALLS = re.compile(
    r"(?:curl|gmp|intl|numfmt|datefmt|collator|normalizer|grapheme|transliterator|mysqli|pg|sqlite"
    r"|apcu|yaml|redis|imap|ldap|mb|mongodb|image|sodium|ctype|iconv|cal|xml)_\w+|idn_to_\w+"
    r"|bc(?:add|sub|mul|div|mod|pow|powmod|sqrt|comp|scale|floor|ceil|round|divmod)|simplexml_\w+"
    r"|image(?:create|png|jpeg|color)\w*|json_validate|str_(?:in|de)crement"
    r"|array_(?:find(?:_key)?|any|all|first|last)|posix_\w+fpathconf|http_get_last_\w+|fpow"
)
_OPENED = re.compile(
    r"(?:Failed opening (?:required )?'|(?:require|include)(?:_once)?\()([^')\n]+)['):]"
)
# What frameworks bring without a namespace.
_FRAMEWORKS = re.compile(
    r"Mockery|PHPMailer|Smarty|Twig_\w+|Zend_\w+|WP_\w+|wpdb|WC_\w+|JFactory|CI_\w+|Route|Schema|DB"
    r"|Carbon|Auth|Cache|Eloquent|TCPDF|FPDF|PHPExcel\w*|PHPUnit_\w+|Stripe|Parsedown|Mage\w*"
)
_OF_FRAMEWORKS = re.compile(
    r"(?:add|remove|do|apply|has)_(?:action|filters?|shortcode|menu_page|submenu_page|meta_box|theme_\w+)"
    r"|wp_\w+|(?:get|the|update|register|is)_(?:option|post\w*|header|footer|template\w*|the_\w+|user"
    r"|sidebar|setting|taxonomy|widget|activation_hook|deactivation_hook|admin|page|single)"
    r"|register_\w+_hook|plugin_(?:dir|basename)\w*|esc_\w+|sanitize_\w+|bloginfo|shortcode_atts"
    r"|collect|view|route|redirect|config|env|bcrypt|dd|drupal_\w+|db_query|t"
)


def excused(job: Job, found: list[Plain]) -> list[Plain]:
    """The results, those first that failed for want of what is not here."""
    texts = [file.text for file in job.files if file.path.endswith(".php")]
    own = "\n".join(text for text in texts if "backfeed_explained" not in text)
    told = [_lacking(one, own) or one for one in found]
    return sorted(told, key=lambda one: (one["error"] or {}).get("type") != "ModuleNotFoundError")


def lacking(job: Job, outcome: Outcome) -> str:
    """What is not there, for want of which a program failed; empty if it was something else."""
    if outcome.verdict != "RE":
        return ""
    own = "\n".join(file.text for file in job.files)
    kind = "ParseError" if "Parse error: " in outcome.stderr else "Error"
    if name := _absent(kind, outcome.stderr, own):
        return name
    found = _CLASS.search(outcome.stderr)
    return f"./{found[1]}" if found and "\\" in found[1] else ""


def _lacking(result: Plain, own: str) -> Plain | None:
    error = result["error"]
    if error is None:
        return None
    name = _absent(error["type"], error["message"], own)
    return _record.lacks(name)[0] if name else None


def _absent(kind: str, message: str, own: str) -> str:
    """What is not there, or not yet; empty if it is the answer's own."""
    if kind == "ParseError":
        return "a later php" if _php_source.newer(own) else ""
    if found := _OPENED.search(message):
        return _vendor(own) if "vendor/" in found[1] else found[1]
    if found := _CLASS.search(message):
        name = found[1]
        foreign = "\\" in name and not _is_own(name, own)
        known = _EXTRA_CLASSES.fullmatch(name) or _FRAMEWORKS.fullmatch(name)
        return name if foreign or known else ""
    if (found := _CALLED.search(message)) and not _defined(found[1], own):
        known = _EXTRA_CALLS.fullmatch(found[1]) or _OF_FRAMEWORKS.fullmatch(found[1])
        return found[1] if known else ""
    if found := _METHOD.search(message):
        return f"a later phpunit: {found[1]}"
    return ""


def _vendor(own: str) -> str:
    """What Composer would have brought: the first class of a namespace that is not its own."""
    used = re.findall(r"^[ \t]*use[ \t]+\\?(\w+\\[\\\w]+)", own, re.MULTILINE)
    return next((name for name in used if not _is_own(name, own)), "vendor/autoload.php")


def _is_own(name: str, own: str) -> bool:
    """Is the class of a namespace that the code itself opens, or of its root?"""
    spaces = re.findall(r"^[ \t]*(?:<\?php\s+)?namespace[ \t]+([\\\w]+)", own, re.MULTILINE)
    root = name.partition("\\")[0].lower()
    return root in {space.partition("\\")[0].lower() for space in spaces}


def _defined(name: str, own: str) -> bool:
    return bool(re.search(rf"\bfunction[ \t]+&?{re.escape(name)}\b", own, re.IGNORECASE))
