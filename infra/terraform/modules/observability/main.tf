# Who is told of what: one topic, one alarm for each thing that can go wrong, and for each alarm a chapter of
# docs/runbooks.md, named in its description.

variable "name" {
  type = string
}

variable "alarm_email" {
  type = string
}

variable "kms_key_arn" {
  type = string
}

variable "functions" {
  type        = map(object({ timeout = number }))
  description = "Name of each Lambda function -> its seconds."
}

variable "api" {
  type        = string
  description = "Name of the REST API."
}

variable "database" {
  type        = object({ identifier = string, max_connections = number, storage = number })
  description = "Which database, how many connections it takes, and its GiB."
}

variable "kafka" {
  type        = object({ cluster = string, groups = map(object({ group = string, topic = string })) })
  description = "Which cluster, and who reads which topic of it."
}

variable "dead_queues" {
  type        = list(string)
  description = "Queues in which nothing should ever stand."
}

variable "namespace" {
  type        = string
  default     = "Rendezvous"
  description = "Of the metrics that the product writes itself."
}

variable "environment" {
  type = string
}

locals {
  runbooks = "docs/runbooks.md"

  # What the product tells of itself (chalicelib/metrics.py).
  own = {
    outbox_age = {
      runbook = "outbox", metric = "OldestOutboxRow", above = 120, periods = 3
      says    = "A message has waited for two minutes to be published."
    }
    mails_undelivered = {
      runbook = "mails", metric = "UndeliveredMails", above = 20, periods = 3
      says    = "Mails wait that could not be delivered."
    }
    poison = {
      runbook = "poison", metric = "PoisonRecords", above = 0, periods = 1
      says    = "A consumer met a record that it cannot handle, and laid it aside."
    }
    rounds_waiting = {
      runbook = "rounds", metric = "RoundsWaiting", above = 3600, periods = 1
      says    = "A round of the matcher has been due for an hour."
    }
  }

  alarms = merge(
    {
      for key, alarm in local.own : key => merge(alarm, {
        namespace = var.namespace, statistic = "Maximum", dimensions = { environment = var.environment }, seconds = 60
      })
    },
    {
      for name, function in var.functions : "errors-${name}" => {
        runbook    = "errors", says = "${name} failed.", namespace = "AWS/Lambda", metric = "Errors", statistic = "Sum"
        dimensions = { FunctionName = name }, seconds = 300, periods = 1, above = 0
      }
    },
    {
      for name, function in var.functions : "throttles-${name}" => {
        runbook = "throttles", says = "${name} was refused an environment.", namespace = "AWS/Lambda"
        metric  = "Throttles", statistic = "Sum", dimensions = { FunctionName = name }, seconds = 300, periods = 2, above = 0
      }
    },
    {
      for name, function in var.functions : "slow-${name}" => {
        runbook   = "slow", says = "${name} came near its time-out.", namespace = "AWS/Lambda", metric = "Duration"
        statistic = "Maximum", dimensions = { FunctionName = name }, seconds = 300, periods = 1, above = function.timeout * 900
      } if function.timeout < 900
    },
    {
      for queue in var.dead_queues : "dead-${queue}" => {
        runbook = "dead-letters", says = "Something stands in ${queue}.", namespace = "AWS/SQS"
        metric  = "ApproximateNumberOfMessagesVisible", statistic = "Maximum", dimensions = { QueueName = queue }
        seconds = 60, periods = 1, above = 0
      }
    },
    {
      for key, reader in var.kafka.groups : "lag-${key}" => {
        runbook = "lag", says = "${reader.group} is behind on ${reader.topic}.", namespace = "AWS/Kafka"
        metric  = "SumOffsetLag", statistic = "Maximum", seconds = 60, periods = 10, above = 1000
        dimensions = {
          "Cluster Name" = var.kafka.cluster, "Consumer Group" = reader.group, Topic = reader.topic
        }
      }
    },
    {
      kafka_disk = {
        runbook    = "kafka-disk", says = "A broker's disk is nearly full.", namespace = "AWS/Kafka"
        metric     = "KafkaDataLogsDiskUsed", statistic = "Maximum", seconds = 300, periods = 1, above = 80
        dimensions = { "Cluster Name" = var.kafka.cluster }
      }
      database_connections = {
        runbook = "connections", says = "Four of five connections of the database are taken.", namespace = "AWS/RDS"
        metric  = "DatabaseConnections", statistic = "Maximum", seconds = 60, periods = 3
        above   = floor(var.database.max_connections * 0.8), dimensions = { DBInstanceIdentifier = var.database.identifier }
      }
      database_cpu = {
        runbook    = "database-busy", says = "The database has been busy for a quarter of an hour.", namespace = "AWS/RDS"
        metric     = "CPUUtilization", statistic = "Average", seconds = 300, periods = 3, above = 80
        dimensions = { DBInstanceIdentifier = var.database.identifier }
      }
      server_errors = {
        runbook   = "errors", says = "People were answered 5xx.", namespace = "AWS/ApiGateway", metric = "5XXError"
        statistic = "Sum", seconds = 300, periods = 1, above = 5, dimensions = { ApiName = var.api }
      }
      bounces = {
        runbook = "bounces", says = "So many mails bounce that SES may stop sending ours.", namespace = "AWS/SES"
        metric  = "Reputation.BounceRate", statistic = "Average", seconds = 3600, periods = 1, above = 0.04, dimensions = {}
      }
    },
  )
}

resource "aws_sns_topic" "alarms" {
  name              = "${var.name}-alarms"
  kms_master_key_id = var.kms_key_arn
}

resource "aws_sns_topic_subscription" "email" {
  topic_arn = aws_sns_topic.alarms.arn
  protocol  = "email"
  endpoint  = var.alarm_email
}

resource "aws_cloudwatch_metric_alarm" "this" {
  for_each            = local.alarms
  alarm_name          = "${var.name}-${each.key}"
  alarm_description   = "${each.value.says} What to do: ${local.runbooks}#${each.value.runbook}"
  namespace           = each.value.namespace
  metric_name         = each.value.metric
  statistic           = each.value.statistic
  dimensions          = each.value.dimensions
  period              = each.value.seconds
  evaluation_periods  = each.value.periods
  comparison_operator = "GreaterThanThreshold"
  threshold           = each.value.above
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
}

# The gauges are read every minute: silence means that schedules do not run, and so nothing is published either.
resource "aws_cloudwatch_metric_alarm" "silence" {
  alarm_name          = "${var.name}-silence"
  alarm_description   = "Nothing has been measured for ten minutes: schedules do not run. What to do: ${local.runbooks}#outbox"
  namespace           = var.namespace
  metric_name         = "OldestOutboxRow"
  statistic           = "SampleCount"
  dimensions          = { environment = var.environment }
  period              = 300
  evaluation_periods  = 2
  comparison_operator = "LessThanThreshold"
  threshold           = 1
  treat_missing_data  = "breaching"
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
}

resource "aws_cloudwatch_metric_alarm" "database_storage" {
  alarm_name          = "${var.name}-database-storage"
  alarm_description   = "The database's disk is nearly full. What to do: ${local.runbooks}#database-storage"
  namespace           = "AWS/RDS"
  metric_name         = "FreeStorageSpace"
  statistic           = "Minimum"
  dimensions          = { DBInstanceIdentifier = var.database.identifier }
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "LessThanThreshold"
  threshold           = var.database.storage * 1024 * 1024 * 1024 * 0.1
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
}

output "runbooks" {
  description = "The chapters of docs/runbooks.md that an alarm leads to."
  value       = sort(distinct(concat([for alarm in local.alarms : alarm.runbook], ["outbox", "database-storage"])))
}
