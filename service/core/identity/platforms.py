"""The words of each platform, as a provider field or before an id, and its hosts.

Sources: the GenAI semantic conventions old and new, OpenLLMetry, OpenInference, LiteLLM, Kong, Cloudflare, LangChain,
pydantic-ai. The words of one platform are the same as a provider field and as a wrapper, so there is one table.
"""

import re
from collections.abc import Mapping
from functools import lru_cache

_WORDS = {
    "openai-api": "openai open_ai text_completion_openai openai_responses openai_chat",
    "chatgpt-app": "chatgpt",
    "azure-openai": "azure azure_openai azure_ai_openai az_ai_openai azure_text",
    "azure-foundry": (
        "azure_ai az_ai azure_ai_inference az_ai_inference azure_foundry azure_ai_foundry azure_ai_studio azureai"
    ),
    "anthropic-api": "anthropic anthropic_text claude",
    "aws-bedrock": (
        "bedrock aws aws_bedrock bedrock_converse bedrock_mantle bedrock_runtime amazon_bedrock anthropic_bedrock"
    ),
    "sagemaker": "sagemaker sagemaker_chat aws_sagemaker",
    "vertex-ai": (
        "vertex vertexai vertex_ai vertex_ai_beta gcp_vertex_ai google_vertex google_vertexai "
        "google_vertex_ai anthropic_vertex google_anthropic_vertex"
    ),
    "gemini-api": (
        "gemini google gcp_gemini gcp_gen_ai google_genai google_gla google_ai google_ai_studio "
        "google_generativeai palm"
    ),
    "mistral-api": "mistral mistral_ai mistralai codestral text_completion_codestral",
    "cohere-api": "cohere cohere_chat",
    "xai-api": "xai x_ai grok",
    "deepseek-api": "deepseek",
    "groq": "groq",
    "perplexity-api": "perplexity perplexity_ai",
    "together-ai": "together together_ai togetherai",
    "fireworks-serverless": "fireworks fireworks_ai",
    "databricks": "databricks",
    "snowflake-cortex": "snowflake snowflake_cortex",
    "github-copilot": "github_copilot copilot",
    "github-models": "github github_models",
    "ai21-api": "ai21 ai21_chat",
    "voyage-api": "voyage voyageai voyage_ai",
    "deepinfra": "deepinfra",
    "replicate": "replicate",
    "cloudflare-workers-ai": "cloudflare workers_ai cloudflare_workers",
    "cloudflare-ai-gateway": "cloudflare_gateway compat",
    "openrouter": "openrouter open_router",
    "vercel-ai-gateway": "vercel_ai_gateway vercel",
    "oci": "oci oci_genai oci_generative_ai oracle",
    "watsonx": "watsonx watsonx_text ibm_watsonx_ai ibm",
    "self-hosted": "ollama ollama_chat vllm hosted_vllm llamafile lm_studio lmstudio xinference infinity triton tgi",
    "cerebras": "cerebras",
    "moonshot-api": "moonshot moonshotai",
    "alibaba-model-studio": "dashscope alibaba alibaba_model_studio tongyi",
    "wandb-inference": "wandb wandb_inference",
    "baseten-model-apis": "baseten baseten_model_apis",
    "scaleway-generative-apis": "scaleway scaleway_generative_apis",
    "xiaomi-mimo-api": "xiaomi_mimo xiaomi_mimo_api",
    "huggingface": "huggingface hugging_face huggingface_hub",
    "nvidia-nim": "nvidia_nim nvidia_nims nim nvidia_ai_endpoints",
}
PLATFORM_WORDS: Mapping[str, str] = {word: platform for platform, words in _WORDS.items() for word in words.split()} | {
    slug: platform for platform in _WORDS for slug in (platform, platform.replace("-", "_"))
}
MAKERS_APIS = frozenset(
    {
        *("openai-api", "anthropic-api", "gemini-api", "mistral-api", "cohere-api", "xai-api", "deepseek-api"),
        *("ai21-api", "voyage-api", "perplexity-api", "moonshot-api", "alibaba-model-studio", "xiaomi-mimo-api"),
    }
)
"""The APIs of those who make models. Their words name the maker as often as the place."""

_SEPARATORS = re.compile(r"[.\s-]")

_MAKER_WORDS = {
    "openai": "openai",
    "anthropic": "anthropic",
    "google": "google",
    "mistral": "mistral mistralai mistral-ai",
    "cohere": "cohere",
    "xai": "xai x-ai",
    "deepseek": "deepseek deepseek-ai",
    "ai21": "ai21 ai21labs",
    "amazon": "amazon stability",
    "perplexity": "perplexity",
    "voyage": "voyage voyageai",
}
_MAKER = {word: maker for maker, words in _MAKER_WORDS.items() for word in words.split()}
OPEN = "open"
"""The makers whose models have no API of their own that lastcall follows: Meta, Qwen, Microsoft and many more."""

_HOSTS = (
    (re.compile(r"(.+\.)?(openai|cognitiveservices)\.azure\.(com|us|cn)"), "azure-openai"),
    (re.compile(r".+\.services\.ai\.azure\.com|.+\.models\.ai\.azure\.com"), "azure-foundry"),
    (re.compile(r"models\.github\.ai|models\.inference\.ai\.azure\.com"), "github-models"),
    (re.compile(r"bedrock(-runtime|-mantle)?(-fips)?\.[a-z0-9-]+\.(amazonaws\.com(\.cn)?|api\.aws)"), "aws-bedrock"),
    (re.compile(r".*\.bedrock-runtime\.[a-z0-9-]+\.vpce\.amazonaws\.com"), "aws-bedrock"),
    (re.compile(r"runtime\.sagemaker\.[a-z0-9-]+\.amazonaws\.com"), "sagemaker"),
    (re.compile(r"([a-z0-9-]+-)?aiplatform(\.[a-z0-9-]+\.rep)?\.googleapis\.com"), "vertex-ai"),
    (re.compile(r"generativelanguage\.googleapis\.com"), "gemini-api"),
    (re.compile(r"([a-z]{2}\.)?api\.openai\.com"), "openai-api"),
    (re.compile(r"chatgpt\.com"), "chatgpt-app"),
    (re.compile(r"api\.anthropic\.com"), "anthropic-api"),
    (re.compile(r"(www\.)?openrouter\.ai"), "openrouter"),
    (re.compile(r"(api|codestral)\.mistral\.ai"), "mistral-api"),
    (re.compile(r"(production\.)?api\.cohere\.(ai|com)"), "cohere-api"),
    (re.compile(r"([a-z0-9-]+\.)?api\.x\.ai"), "xai-api"),
    (re.compile(r"api\.groq\.com"), "groq"),
    (re.compile(r"api\.together\.(xyz|ai)"), "together-ai"),
    (re.compile(r"api\.fireworks\.ai"), "fireworks-serverless"),
    (re.compile(r"api\.perplexity\.ai"), "perplexity-api"),
    (re.compile(r"api\.deepseek\.com"), "deepseek-api"),
    (re.compile(r"api\.deepinfra\.com"), "deepinfra"),
    (re.compile(r"api\.replicate\.com"), "replicate"),
    (re.compile(r"api\.voyageai\.com"), "voyage-api"),
    (re.compile(r"api\.ai21\.com"), "ai21-api"),
    (re.compile(r"api\.cerebras\.ai"), "cerebras"),
    (re.compile(r"(router|api-inference)\.huggingface\.co"), "huggingface"),
    (re.compile(r"(integrate|ai)\.api\.nvidia\.com"), "nvidia-nim"),
    (re.compile(r"inference\.baseten\.co"), "baseten-model-apis"),
    (re.compile(r"api\.scaleway\.ai"), "scaleway-generative-apis"),
    (re.compile(r"api\.inference\.wandb\.ai"), "wandb-inference"),
    (re.compile(r"api\.xiaomimimo\.com"), "xiaomi-mimo-api"),
    (re.compile(r"api\.moonshot\.(ai|cn)"), "moonshot-api"),
    (re.compile(r"dashscope(-intl|-us)?\.aliyuncs\.com"), "alibaba-model-studio"),
    (re.compile(r"ai-gateway\.vercel\.sh"), "vercel-ai-gateway"),
    (re.compile(r"gateway\.ai\.cloudflare\.com"), "cloudflare-ai-gateway"),
    (re.compile(r"api\.cloudflare\.com"), "cloudflare-workers-ai"),
    (re.compile(r"api\.(individual\.|business\.|enterprise\.)?githubcopilot\.com"), "github-copilot"),
    (re.compile(r"inference\.generativeai\.[a-z0-9-]+\.oci\.oraclecloud\.com"), "oci"),
    (re.compile(r"[a-z0-9-]+\.ml\.cloud\.ibm\.com"), "watsonx"),
    (re.compile(r".+\.snowflakecomputing\.com"), "snowflake-cortex"),
    (re.compile(r".+\.(cloud\.databricks\.com|azuredatabricks\.net|gcp\.databricks\.com)"), "databricks"),
)


def platform_of_wrapper(word: str) -> str | None:
    """Platform named by exactly `word`, lower case, as tools put it before an id: `vertex_ai/...`, `google-gla:...`."""
    return PLATFORM_WORDS.get(_SEPARATORS.sub("_", word))


@lru_cache(maxsize=4096)
def platform_of_host(host: str | None) -> str | None:
    """Platform that answers at `host` (lower case, no port); None for a gateway's or any other name."""
    if not host:
        return None
    return next((platform for pattern, platform in _HOSTS if pattern.fullmatch(host)), None)


def maker_of(segment: str) -> str:
    """Maker named by a path segment or the first dotted word of an id."""
    return _MAKER.get(segment, OPEN)
