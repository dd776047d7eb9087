# EventBridge's rules: the schedules of app.py.

variable "name" {
  type = string
}

variable "schedules" {
  type        = map(object({ expression = string, name = string, alias = string, arn = string }))
  description = "Function -> when it is called, and which it is."
}

resource "aws_cloudwatch_event_rule" "this" {
  for_each            = var.schedules
  name                = "${var.name}-${each.key}"
  schedule_expression = each.value.expression
}

resource "aws_cloudwatch_event_target" "this" {
  for_each = var.schedules
  rule     = aws_cloudwatch_event_rule.this[each.key].name
  arn      = each.value.arn
  # The next call is a minute or five away: a late one is of no use.
  retry_policy {
    maximum_event_age_in_seconds = 60
    maximum_retry_attempts       = 1
  }
}

resource "aws_lambda_permission" "this" {
  for_each      = var.schedules
  statement_id  = "schedule"
  action        = "lambda:InvokeFunction"
  function_name = each.value.name
  qualifier     = each.value.alias
  principal     = "events.amazonaws.com"
  source_arn    = aws_cloudwatch_event_rule.this[each.key].arn
}
