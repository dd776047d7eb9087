mock_provider "aws" {
  mock_resource "aws_sqs_queue" {
    defaults = { arn = "arn:aws:sqs:eu-central-1:123456789012:mocked" }
  }
}

run "a_message_is_hidden_while_it_is_worked_on" {
  command = apply
  module {
    source = "./modules/queues"
  }
  variables {
    name   = "test"
    queues = { rounds = { timeout = 900 } }
  }
  assert {
    condition     = aws_sqs_queue.this["rounds"].visibility_timeout_seconds > 900
    error_message = "Else a second function would begin while the first is at work."
  }
  assert {
    condition     = jsondecode(aws_sqs_queue.this["rounds"].redrive_policy).maxReceiveCount == 5
    error_message = "What fails five times is laid aside."
  }
  assert {
    condition     = aws_sqs_queue.this["rounds"].sqs_managed_sse_enabled
    error_message = "Encrypted without a key too."
  }
}
