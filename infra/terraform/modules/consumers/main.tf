# Event source mappings: topics to consumers, queues to their functions. A Kafka mapping takes one topic; nothing here
# needs provisioned pollers: a consumer catches each record by itself and raises only when the database or mail is gone.

variable "topics" {
  type        = map(object({ topic = string, group = string, function_arn = string, batch_window = number }))
  description = "FUNCTION-TOPIC -> what is read by whom; the group is the account's alone."
}

variable "cluster_arn" {
  type = string
}

variable "queues" {
  type        = map(object({ queue_arn = string, function_arn = string, batch = number, most = number }))
  description = "Function -> its queue, messages at once, and how many of it run at most."
}

resource "aws_lambda_event_source_mapping" "topic" {
  for_each          = var.topics
  event_source_arn  = var.cluster_arn
  function_name     = each.value.function_arn
  topics            = [each.value.topic]
  starting_position = "TRIM_HORIZON"
  batch_size        = 100
  # Seconds that a batch is waited for: mails go out together, live updates at once.
  maximum_batching_window_in_seconds = each.value.batch_window
  amazon_managed_kafka_event_source_config {
    consumer_group_id = each.value.group
  }
}

resource "aws_lambda_event_source_mapping" "queue" {
  for_each         = var.queues
  event_source_arn = each.value.queue_arn
  function_name    = each.value.function_arn
  batch_size       = each.value.batch
  # What may not run yet stays in the queue; without this it would come, be refused, and count as tried.
  scaling_config {
    maximum_concurrency = max(2, each.value.most)
  }
}
