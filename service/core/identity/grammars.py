"""Grammars of ids. A grammar is code; the file of a platform names its grammar."""

import re
from collections.abc import Callable, Mapping
from typing import Literal

from service.core.identity import bedrock, google, hosts, makers
from service.core.identity.hosts import reseller
from service.core.identity.spelling import Spelling

Grammar = Callable[[str], Spelling]
GrammarName = Literal[
    "azure", "bedrock", "cloudflare", "databricks", "display", "dotted", "fireworks", "foundry", "gemini",
    "openai", "openrouter", "perplexity", "plain", "replicate", "reseller", "sagemaker", "self-hosted", "vertex",
]  # fmt: skip

GRAMMARS: Mapping[GrammarName, Grammar] = {
    "azure": makers.azure,
    "bedrock": bedrock.bedrock,
    "cloudflare": hosts.cloudflare,
    "databricks": hosts.databricks,
    "display": hosts.display,
    "dotted": hosts.dotted_reseller,
    "fireworks": hosts.fireworks,
    "foundry": makers.foundry,
    "gemini": makers.gemini,
    "openai": makers.openai,
    "openrouter": hosts.openrouter,
    "perplexity": hosts.perplexity,
    "plain": makers.plain,
    "replicate": hosts.replicate,
    "reseller": reseller,
    "sagemaker": hosts.sagemaker,
    "self-hosted": hosts.self_hosted,
    "vertex": google.vertex,
}
PROVING_IDS: Mapping[GrammarName, tuple[re.Pattern[str], ...]] = {"bedrock": (bedrock.ID, bedrock.BARE)}
"""Ids that only platforms with this grammar have."""
