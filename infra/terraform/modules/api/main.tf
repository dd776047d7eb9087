# The REST API: every route of app.py to one function, answers of API Gateway's own with our headers, and the domain.

variable "name" {
  type = string
}

variable "stage" {
  type = string
}

variable "routes" {
  type        = list(string)
  description = "Paths with {variables}, as app.py declares them."
}

variable "headers" {
  type        = map(string)
  description = "What stands on every answer."
}

variable "compressed_from" {
  type        = number
  description = "Bytes from which answers are compressed."
}

variable "function" {
  type = object({ name = string, alias = string, invoke_arn = string })
}

variable "domain" {
  type = string
}

variable "dns_zone" {
  type = string
}

variable "requests_per_second" {
  type = number
}

variable "kms_key_arn" {
  type = string
}

variable "log_days" {
  type = number
}

locals {
  # The function answers every method of a path, 405 included: one entry a path.
  any = {
    x-amazon-apigateway-any-method = {
      responses = {}
      x-amazon-apigateway-integration = {
        type                = "aws_proxy"
        httpMethod          = "POST"
        uri                 = var.function.invoke_arn
        passthroughBehavior = "when_no_match"
      }
    }
  }
  # What API Gateway says by itself, before or instead of the function.
  own_answers = {
    ACCESS_DENIED                = 403
    API_CONFIGURATION_ERROR      = 500
    BAD_REQUEST_BODY             = 400
    BAD_REQUEST_PARAMETERS       = 400
    DEFAULT_4XX                  = null
    DEFAULT_5XX                  = null
    INTEGRATION_FAILURE          = 504
    INTEGRATION_TIMEOUT          = 504
    INVALID_SIGNATURE            = 403
    MISSING_AUTHENTICATION_TOKEN = 403
    QUOTA_EXCEEDED               = 429
    REQUEST_TOO_LARGE            = 413
    RESOURCE_NOT_FOUND           = 404
    THROTTLED                    = 429
    UNSUPPORTED_MEDIA_TYPE       = 415
    WAF_FILTERED                 = 403
  }
}

resource "aws_api_gateway_rest_api" "this" {
  name                         = var.name
  minimum_compression_size     = var.compressed_from
  disable_execute_api_endpoint = true
  body = jsonencode({
    swagger                                = "2.0"
    info                                   = { title = var.name, version = "1.0" }
    schemes                                = ["https"]
    x-amazon-apigateway-binary-media-types = []
    paths = {
      for route in var.routes : route => merge(local.any, length(regexall("\\{", route)) == 0 ? {} : {
        parameters = [
          for found in regexall("\\{([^}+]+)\\+?\\}", route) : { name = found[0], in = "path", required = true, type = "string" }
        ]
      })
    }
  })
  endpoint_configuration {
    types = ["REGIONAL"]
  }
  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_api_gateway_gateway_response" "own" {
  for_each      = local.own_answers
  rest_api_id   = aws_api_gateway_rest_api.this.id
  response_type = each.key
  status_code   = each.value
  response_parameters = merge(
    { for name, value in var.headers : "gatewayresponse.header.${name}" => "'${value}'" },
    each.value == 429 ? { "gatewayresponse.header.Retry-After" = "'1'" } : {},
  )
  # A problem (RFC 9457), as everything else here that goes wrong.
  response_templates = {
    "application/problem+json" = jsonencode({ type = "about:blank", title = "$context.error.responseType", detail = "$context.error.message" })
    "application/json"         = jsonencode({ type = "about:blank", title = "$context.error.responseType", detail = "$context.error.message" })
  }
}

resource "aws_api_gateway_deployment" "this" {
  rest_api_id = aws_api_gateway_rest_api.this.id
  triggers = {
    again = sha256(jsonencode([aws_api_gateway_rest_api.this.body, aws_api_gateway_gateway_response.own]))
  }
  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_cloudwatch_log_group" "access" {
  name              = "/aws/apigateway/${var.name}"
  retention_in_days = var.log_days
  kms_key_id        = var.kms_key_arn
}

resource "aws_api_gateway_stage" "this" {
  #checkov:skip=CKV_AWS_120:Answers are of one person each: nothing may be kept for another.
  #checkov:skip=CKV2_AWS_51:People come with a browser; certificates of clients are not asked for.
  #checkov:skip=CKV2_AWS_29:Rates are counted for each person and address in the database, and throttled here; docs/deploy.md says how to add a firewall.
  rest_api_id          = aws_api_gateway_rest_api.this.id
  deployment_id        = aws_api_gateway_deployment.this.id
  stage_name           = var.stage
  xray_tracing_enabled = true
  access_log_settings {
    destination_arn = aws_cloudwatch_log_group.access.arn
    # The route, never the path: a path may hold a secret address. No address of a person either.
    format = jsonencode({
      time       = "$context.requestTime"
      request_id = "$context.requestId"
      method     = "$context.httpMethod"
      route      = "$context.resourcePath"
      status     = "$context.status"
      ms         = "$context.responseLatency"
      bytes      = "$context.responseLength"
      error      = "$context.error.responseType"
    })
  }
}

resource "aws_api_gateway_method_settings" "all" {
  #checkov:skip=CKV_AWS_225:Nothing is kept for another person.
  #checkov:skip=CKV_AWS_308:Nothing is kept, so there is nothing to encrypt.
  #checkov:skip=CKV_AWS_276:It is off.
  rest_api_id = aws_api_gateway_rest_api.this.id
  stage_name  = aws_api_gateway_stage.this.stage_name
  method_path = "*/*"
  settings {
    metrics_enabled        = true
    logging_level          = "ERROR"
    data_trace_enabled     = false
    throttling_rate_limit  = var.requests_per_second
    throttling_burst_limit = var.requests_per_second * 2
  }
}

resource "aws_lambda_permission" "this" {
  statement_id  = "api"
  action        = "lambda:InvokeFunction"
  function_name = var.function.name
  qualifier     = var.function.alias
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_api_gateway_rest_api.this.execution_arn}/${var.stage}/*"
}

resource "aws_acm_certificate" "this" {
  domain_name       = var.domain
  validation_method = "DNS"
  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_route53_record" "validation" {
  zone_id = var.dns_zone
  name    = one(aws_acm_certificate.this.domain_validation_options).resource_record_name
  type    = one(aws_acm_certificate.this.domain_validation_options).resource_record_type
  records = [one(aws_acm_certificate.this.domain_validation_options).resource_record_value]
  ttl     = 300
}

resource "aws_acm_certificate_validation" "this" {
  certificate_arn         = aws_acm_certificate.this.arn
  validation_record_fqdns = [aws_route53_record.validation.fqdn]
}

resource "aws_api_gateway_domain_name" "this" {
  domain_name              = var.domain
  regional_certificate_arn = aws_acm_certificate_validation.this.certificate_arn
  security_policy          = "TLS_1_2"
  endpoint_configuration {
    types = ["REGIONAL"]
  }
}

resource "aws_api_gateway_base_path_mapping" "this" {
  api_id      = aws_api_gateway_rest_api.this.id
  stage_name  = aws_api_gateway_stage.this.stage_name
  domain_name = aws_api_gateway_domain_name.this.domain_name
}

resource "aws_route53_record" "this" {
  zone_id = var.dns_zone
  name    = var.domain
  type    = "A"
  alias {
    name                   = aws_api_gateway_domain_name.this.regional_domain_name
    zone_id                = aws_api_gateway_domain_name.this.regional_zone_id
    evaluate_target_health = false
  }
}

output "name" {
  description = "As CloudWatch's metrics call it."
  value       = aws_api_gateway_rest_api.this.name
}

output "paths" {
  description = "The paths that were declared, to be looked at."
  value       = keys(jsondecode(aws_api_gateway_rest_api.this.body).paths)
}
