"""What clients and the supervisor agree on."""

from __future__ import annotations

from typing import Final

HOST: Final = "127.0.0.1"
SUPERUSER: Final = "postgres"
DEFAULT_LINGER_SECONDS: Final = 3.0
# The server speaks no TLS on the loopback; PGSSLMODE and PGOPTIONS are meant for other servers.
PLAIN_LINK: Final = {"sslmode": "disable", "options": ""}
EXIT_OTHER_SUPERVISOR: Final = 3
