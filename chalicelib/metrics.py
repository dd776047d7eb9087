"""What the system tells of itself in numbers: a line of the log each, in CloudWatch's embedded metric format.

CloudWatch makes metrics of such lines by itself, and the alarms look at them. Imported by jobs and consumers alone.
"""

from aws_lambda_powertools.metrics.provider.cloudwatch_emf.cloudwatch import AmazonCloudWatchEMFProvider

from chalicelib.config import config

NAMESPACE = "Rendezvous"

METRICS = {
    "OldestOutboxRow": "Seconds",
    "PoisonRecords": "Count",
    "RoundsWaiting": "Seconds",
    "UndeliveredMails": "Count",
}
"""Name -> unit: how long the oldest message has waited to be published; records of which a consumer could make nothing;
how long the oldest round has been due; mails that wait although they were tried."""


def tell(**values: float) -> None:
    """Write the values of these metrics down, as they are now."""
    lines = AmazonCloudWatchEMFProvider(namespace=NAMESPACE)
    lines.add_dimension("environment", config().environment)
    for name, value in values.items():
        lines.add_metric(name, METRICS[name], value)
    lines.flush_metrics()
