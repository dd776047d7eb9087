"""Settings from the environment: the only place that reads it."""

import json
import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import quote, urlsplit


@dataclass(frozen=True)
class Config:
    """How this process finds the world.

    stage            ``local``, ``test`` or ``live``; only ``live`` is production
    site             base of absolute links in mails, no slash at the end
    database_url     libpq URL by which people are served; the connection then takes the one role that it may
    database_job_url    the same for jobs and consumers
    database_owner_url  the same for who migrates
    kafka            bootstrap servers, comma-separated
    smtp_url         ``smtp://host:port``; empty in AWS, where mail goes through SES
    mail_from        sender of every mail
    secrets_file     JSON file of the secrets (local); empty in AWS
    secrets_id       name of the secret in Secrets Manager (AWS)
    database_secret  name of the secret that holds the database's password, where its URL has none (AWS)
    handlers_secret  name of the secret with the password of the handlers' log-in; for who migrates alone (AWS)
    jobs_secret      the same of the jobs'
    kafka_security   ``AWS_MSK_IAM``: the brokers ask for a token of AWS, over TLS; empty: neither (local)
    environment      which installation this is, in its metrics
    sockets_url      where pages open their WebSocket; empty: they do without
    sockets_api      where what is told to sockets is posted to (API Gateway's @connections)
    handler          which function of app.py this process is there for (AWS): ``app.app`` answers requests
    rounds_queue     name of the SQS queue that carries one message per location and round
    """

    stage: str
    site: str
    database_url: str
    database_job_url: str
    database_owner_url: str
    kafka: str
    smtp_url: str
    mail_from: str
    secrets_file: str
    secrets_id: str
    rounds_queue: str
    database_secret: str = ""
    handlers_secret: str = ""
    jobs_secret: str = ""
    kafka_security: str = ""
    environment: str = "local"
    sockets_url: str = ""
    sockets_api: str = ""
    handler: str = ""

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
        database_job_url=get("DATABASE_JOB_URL", ""),
        database_owner_url=get("DATABASE_OWNER_URL", ""),
        kafka=get("KAFKA_BOOTSTRAP", ""),
        smtp_url=get("SMTP_URL", ""),
        mail_from=get("MAIL_FROM", "rendezvous@localhost"),
        secrets_file=get("SECRETS_FILE", ""),
        secrets_id=get("SECRETS_ID", "rendezvous"),
        rounds_queue=get("ROUNDS_QUEUE", "rendezvous-rounds"),
        sockets_url=get("SOCKETS_URL", ""),
        sockets_api=get("SOCKETS_API", ""),
        handler=get("_HANDLER", ""),
        database_secret=get("DATABASE_SECRET", ""),
        handlers_secret=get("HANDLERS_SECRET", ""),
        jobs_secret=get("JOBS_SECRET", ""),
        kafka_security=get("KAFKA_SECURITY", ""),
        environment=get("ENVIRONMENT", "local"),
    )


@cache
def _secrets() -> dict[str, str | list[str]]:
    settings = config()
    if settings.secrets_file:
        text = Path(settings.secrets_file).read_text()
    else:
        text = _from_aws(settings.secrets_id)
    secrets: dict[str, str | list[str]] = json.loads(text)
    return secrets


def _from_aws(secret_id: str) -> str:
    import boto3  # only where the secrets live in AWS, once a process

    text: str = boto3.client("secretsmanager").get_secret_value(SecretId=secret_id)["SecretString"]
    return text


def with_password(url: str) -> str:
    """A database's URL with the password that Secrets Manager holds for it, where it has none of its own.

    Asked for every connection, of which a process opens one or two: so a rotated password is found at once.
    """
    if not config().database_secret or urlsplit(url).password is not None:
        return url
    scheme, rest = url.split("://", 1)
    user, place = rest.split("@", 1)
    return f"{scheme}://{user}:{quote(password(config().database_secret), safe='')}@{place}"


def password(secret_id: str) -> str:
    """The password that a secret of Secrets Manager holds, as RDS itself lays it down."""
    found: str = json.loads(_from_aws(secret_id))["password"]
    return found


@cache
def secret(name: str) -> bytes:
    """The secret of that name (``filter``: what chooses the bits of the blocked pairs), of which there is one."""
    value = _secrets()[name]
    if not isinstance(value, str):
        raise TypeError(f"the secret {name} is a list")
    return bytes.fromhex(value)


def secret_keys(name: str) -> list[bytes]:
    """The keys of that name, the newest first: it makes what is made now, the others know what they made before.

    ``links``  what mailed links, codes, tokens and second factors are derived from
    ``seal``   what the blocked pairs are sealed under
    """
    values = _secrets()[name]
    # Before it could be rotated, ``links`` was a single key, and so it still stands in older secrets.
    return [bytes.fromhex(value) for value in ([values] if isinstance(values, str) else values)]


def forget_secrets() -> None:
    """Read the secrets anew when one is next asked for: a key was changed meanwhile."""
    _secrets.cache_clear()
    secret.cache_clear()
