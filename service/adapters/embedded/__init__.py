"""The embedded servers: PostgreSQL and a Kafka-compatible broker, as child processes on loopback.

One folder contains everything: `postgres/` (the data), `broker.log`, `run.json` (the addresses, while `lastcall up`
runs) and two lock files. Locks are kernel locks (`flock`), so a killed process leaves none behind.
"""

from service.adapters.embedded.broker import EMBEDDED_CLUSTER
from service.adapters.embedded.folder import (
    FolderEmpty,
    FolderInUse,
    FolderUnusable,
    ServerAddresses,
    default_data_dir,
    read_running,
)
from service.adapters.embedded.process import EmbeddedFailed, EmbeddedMissing
from service.adapters.embedded.servers import Embedded, attach

__all__ = [
    "EMBEDDED_CLUSTER",
    "Embedded",
    "EmbeddedFailed",
    "EmbeddedMissing",
    "FolderEmpty",
    "FolderInUse",
    "FolderUnusable",
    "ServerAddresses",
    "attach",
    "default_data_dir",
    "read_running",
]
