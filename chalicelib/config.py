"""Settings from the environment: the only place that reads it."""

import json
import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path


@dataclass(frozen=True)
class Config:
    """How this process finds the world.

    stage          ``local``, ``test`` or ``live``; only ``live`` is production
    site           base of absolute links in mails, no slash at the end
    database_url   libpq URL; the connection then takes the role it works in
    kafka          bootstrap servers, comma-separated
    smtp_url       ``smtp://host:port``; empty in AWS, where mail goes through SES
    mail_from      sender of every mail
    secrets_file   JSON file of the secrets (local); empty in AWS
    secrets_id     name of the secret in Secrets Manager (AWS)
    sockets_url    where pages open their WebSocket; empty: they do without
    sockets_api    where what is told to sockets is posted to (API Gateway's @connections)
    rounds_queue   name of the SQS queue that carries one message per location and round
    """

    stage: str
    site: str
    database_url: str
    kafka: str
    smtp_url: str
    mail_from: str
    secrets_file: str
    secrets_id: str
    rounds_queue: str
    sockets_url: str
    sockets_api: str

    @property
    def live(self) -> bool:
        return self.stage == "live"


@cache
def config() -> Config:
    """The settings of this process, read once."""
    get = os.environ.get
    return Config(
        stage=get("STAGE", "live"),
        site=get("SITE", "").rstrip("/"),
        database_url=get("DATABASE_URL", ""),
        kafka=get("KAFKA_BOOTSTRAP", ""),
        smtp_url=get("SMTP_URL", ""),
        mail_from=get("MAIL_FROM", "rendezvous@localhost"),
        secrets_file=get("SECRETS_FILE", ""),
        secrets_id=get("SECRETS_ID", "rendezvous"),
        rounds_queue=get("ROUNDS_QUEUE", "rendezvous-rounds"),
        sockets_url=get("SOCKETS_URL", ""),
        sockets_api=get("SOCKETS_API", ""),
    )


@cache
def _secrets() -> dict[str, str | list[str]]:
    settings = config()
    if settings.secrets_file:
        text = Path(settings.secrets_file).read_text()
    else:
        import boto3  # only where the secrets live in AWS, once a process

        text = boto3.client("secretsmanager").get_secret_value(SecretId=settings.secrets_id)["SecretString"]
    secrets: dict[str, str | list[str]] = json.loads(text)
    return secrets


@cache
def secret(name: str) -> bytes:
    """The secret of that name (``links``: what mailed links, codes and CSRF tokens are derived from; ``filter``)."""
    value = _secrets()[name]
    if not isinstance(value, str):
        raise TypeError(f"the secret {name} is a list")
    return bytes.fromhex(value)
