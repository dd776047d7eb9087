# The queues that app.py's functions read, each with one for what failed five times; and one for what schedules and
# consumers could not do. The names of the first are those in app.py, with the installation's name for the product's.

variable "name" {
  type        = string
  description = "Stands in place of the product's name: rendezvous-production."
}

variable "queues" {
  type        = map(object({ timeout = number }))
  description = "What follows the product's name in a queue's name -> seconds that its function may take."
}

variable "kms_key_arn" {
  type        = string
  description = "Null: encrypted by SQS's own key."
  default     = null
}

resource "aws_sqs_queue" "dead" {
  for_each                  = var.queues
  name                      = "${var.name}-${each.key}-dead"
  message_retention_seconds = 1209600
  kms_master_key_id         = var.kms_key_arn
  sqs_managed_sse_enabled   = var.kms_key_arn == null ? true : null
}

resource "aws_sqs_queue" "this" {
  for_each = var.queues
  name     = "${var.name}-${each.key}"
  # Longer than the function may take: else a second one would begin while the first is at work.
  visibility_timeout_seconds = each.value.timeout + 60
  message_retention_seconds  = 345600
  kms_master_key_id          = var.kms_key_arn
  sqs_managed_sse_enabled    = var.kms_key_arn == null ? true : null
  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.dead[each.key].arn
    maxReceiveCount     = 5
  })
}

resource "aws_sqs_queue_redrive_allow_policy" "dead" {
  for_each  = var.queues
  queue_url = aws_sqs_queue.dead[each.key].id
  redrive_allow_policy = jsonencode({
    redrivePermission = "byQueue"
    sourceQueueArns   = [aws_sqs_queue.this[each.key].arn]
  })
}

resource "aws_sqs_queue" "failed" {
  name                      = "${var.name}-failed"
  message_retention_seconds = 1209600
  kms_master_key_id         = var.kms_key_arn
  sqs_managed_sse_enabled   = var.kms_key_arn == null ? true : null
}

output "names" {
  value = { for key, queue in aws_sqs_queue.this : key => queue.name }
}

output "arns" {
  value = { for key, queue in aws_sqs_queue.this : key => queue.arn }
}

output "failed_arn" {
  description = "Where Lambda lays what schedules failed to do."
  value       = aws_sqs_queue.failed.arn
}

output "dead" {
  description = "Names of the queues in which nothing should ever stand."
  value       = concat([for queue in aws_sqs_queue.dead : queue.name], [aws_sqs_queue.failed.name])
}
