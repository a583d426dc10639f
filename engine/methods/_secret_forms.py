"""The forms of keys that detect-secrets does not know."""

import re

# What the services say their keys look like, where detect-secrets (1.5) does not know them yet.
OWN = tuple(
    (name, re.compile(rf"(?<![A-Za-z0-9_-])(?:{pattern})(?![A-Za-z0-9_-])"))
    for name, pattern in (
        ("Anthropic API Key", r"sk-ant-[a-z]+\d\d-[\w-]{40,}"),
        ("DigitalOcean Token", r"do[opr]_v1_[a-f0-9]{64}"),
        ("GitHub Token", r"github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}"),
        ("Google API Key", r"AIza[\w-]{35}"),
        ("Google OAuth Secret", r"GOCSPX-[\w-]{28}"),
        ("Hugging Face Token", r"hf_[A-Za-z0-9]{34,}"),
        ("NPM tokens", r"npm_[A-Za-z0-9]{36}"),
        ("OpenAI Token", r"sk-(?:proj|svcacct|admin)-[\w-]{40,}"),
        ("Shopify Token", r"shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}"),
        ("Stripe Access Key", r"[rs]k_live_[A-Za-z0-9]{24,}"),
    )
)
