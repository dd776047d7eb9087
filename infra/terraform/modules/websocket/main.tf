# The WebSocket API: each route of app.py's socket handlers to its function. Who may open a socket the first handler
# decides, by a ticket.

variable "name" {
  type = string
}

variable "stage" {
  type = string
}

variable "functions" {
  type        = map(object({ route = string, name = string, alias = string, invoke_arn = string }))
  description = "The handlers and the routes ($connect, $disconnect, $default) that they answer."
}

variable "messages_per_second" {
  type = number
}

variable "kms_key_arn" {
  type = string
}

variable "log_days" {
  type = number
}

resource "aws_apigatewayv2_api" "this" {
  name                       = "${var.name}-sockets"
  protocol_type              = "WEBSOCKET"
  route_selection_expression = "$request.body.action"
}

resource "aws_apigatewayv2_integration" "this" {
  for_each         = var.functions
  api_id           = aws_apigatewayv2_api.this.id
  integration_type = "AWS_PROXY"
  integration_uri  = each.value.invoke_arn
}

resource "aws_apigatewayv2_route" "this" {
  #checkov:skip=CKV_AWS_309:A browser cannot sign its request: the $connect handler takes a ticket that opens one socket, once.
  for_each  = var.functions
  api_id    = aws_apigatewayv2_api.this.id
  route_key = each.value.route
  target    = "integrations/${aws_apigatewayv2_integration.this[each.key].id}"
}

resource "aws_lambda_permission" "this" {
  for_each      = var.functions
  statement_id  = "sockets"
  action        = "lambda:InvokeFunction"
  function_name = each.value.name
  qualifier     = each.value.alias
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_apigatewayv2_api.this.execution_arn}/${var.stage}/*"
}

resource "aws_cloudwatch_log_group" "access" {
  name              = "/aws/apigateway/${var.name}-sockets"
  retention_in_days = var.log_days
  kms_key_id        = var.kms_key_arn
}

resource "aws_apigatewayv2_deployment" "this" {
  api_id = aws_apigatewayv2_api.this.id
  triggers = {
    again = sha256(jsonencode([aws_apigatewayv2_integration.this, aws_apigatewayv2_route.this]))
  }
  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_apigatewayv2_stage" "this" {
  #checkov:skip=CKV2_AWS_51:People come with a browser; certificates of clients are not asked for.
  api_id        = aws_apigatewayv2_api.this.id
  name          = var.stage
  deployment_id = aws_apigatewayv2_deployment.this.id
  default_route_settings {
    throttling_rate_limit  = var.messages_per_second
    throttling_burst_limit = var.messages_per_second * 2
    logging_level          = "ERROR"
  }
  access_log_settings {
    destination_arn = aws_cloudwatch_log_group.access.arn
    # Not the query: it holds the ticket.
    format = jsonencode({
      time       = "$context.requestTime"
      request_id = "$context.requestId"
      route      = "$context.routeKey"
      event      = "$context.eventType"
      status     = "$context.status"
    })
  }
}

output "url" {
  description = "Where a browser opens a socket."
  value       = "wss://${aws_apigatewayv2_api.this.id}.execute-api.${data.aws_region.current.name}.amazonaws.com/${var.stage}"
}

output "connections_url" {
  description = "Where what is told to sockets is posted to."
  value       = "https://${aws_apigatewayv2_api.this.id}.execute-api.${data.aws_region.current.name}.amazonaws.com/${var.stage}"
}

output "connections_arn" {
  description = "What may be written to."
  value       = "${aws_apigatewayv2_api.this.execution_arn}/${var.stage}/POST/@connections/*"
}

data "aws_region" "current" {}
