# One Lambda function: its code, a role that allows what it does and no more, its log, and the version that serves.

variable "name" {
  type = string
}

variable "settings" {
  description = "What infra/settings.py says of it."
  type = object({
    handler     = string
    memory      = number
    timeout     = number
    concurrency = number
  })
}

variable "provisioned" {
  type        = number
  default     = 0
  description = "Environments that are kept warm; 0: none."
}

variable "package" {
  type        = string
  description = "Path of the zip."
}

variable "environment" {
  type = map(string)
}

variable "statements" {
  type = list(object({
    sid       = string
    actions   = list(string)
    resources = list(string)
  }))
  description = "What it may do beside writing its log and being in the network."
}

variable "subnet_ids" {
  type = list(string)
}

variable "group_ids" {
  type = list(string)
}

variable "failed_queue_arn" {
  type        = string
  description = "Queue for events that it failed to handle; only what nobody waits for comes here."
}

variable "kms_key_arn" {
  type = string
}

variable "log_days" {
  type = number
}

data "aws_caller_identity" "current" {}

data "aws_region" "current" {}

resource "aws_cloudwatch_log_group" "this" {
  name              = "/aws/lambda/${var.name}"
  retention_in_days = var.log_days
  kms_key_id        = var.kms_key_arn
}

resource "aws_iam_role" "this" {
  name = var.name
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "lambda.amazonaws.com" }
      Action    = "sts:AssumeRole"
    }]
  })
}

resource "aws_iam_role_policy" "this" {
  #checkov:skip=CKV_AWS_355:Network interfaces and traces have no ARN before they are there; these two statements say so.
  #checkov:skip=CKV_AWS_290:The same: the writes without a resource are those to network interfaces and traces.
  name = var.name
  role = aws_iam_role.this.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [
        {
          Sid      = "Log"
          Effect   = "Allow"
          Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
          Resource = ["${aws_cloudwatch_log_group.this.arn}:*"]
        },
        {
          Sid      = "Failed"
          Effect   = "Allow"
          Action   = ["sqs:SendMessage"]
          Resource = [var.failed_queue_arn]
        },
        {
          Sid      = "Key"
          Effect   = "Allow"
          Action   = ["kms:Decrypt", "kms:GenerateDataKey"]
          Resource = [var.kms_key_arn]
        },
        # Neither has a resource that could be named.
        {
          Sid    = "BeInTheNetwork"
          Effect = "Allow"
          Action = [
            "ec2:CreateNetworkInterface",
            "ec2:DescribeNetworkInterfaces",
            "ec2:DescribeSubnets",
            "ec2:DeleteNetworkInterface",
            "ec2:AssignPrivateIpAddresses",
            "ec2:UnassignPrivateIpAddresses",
          ]
          Resource = ["*"]
        },
        {
          Sid      = "Trace"
          Effect   = "Allow"
          Action   = ["xray:PutTraceSegments", "xray:PutTelemetryRecords"]
          Resource = ["*"]
        },
      ],
      [
        for statement in var.statements : {
          Sid      = statement.sid
          Effect   = "Allow"
          Action   = statement.actions
          Resource = statement.resources
        }
      ],
    )
  })
}

# Lambda makes the network interfaces in our name; the code itself has no business with them.
resource "aws_iam_role_policy" "not_by_code" {
  name = "${var.name}-not-by-code"
  role = aws_iam_role.this.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid    = "NotByTheCode"
      Effect = "Deny"
      Action = [
        "ec2:CreateNetworkInterface",
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeSubnets",
        "ec2:DeleteNetworkInterface",
        "ec2:AssignPrivateIpAddresses",
        "ec2:UnassignPrivateIpAddresses",
      ]
      Resource = ["*"]
      Condition = {
        ArnEquals = {
          "lambda:SourceFunctionArn" = [
            "arn:aws:lambda:${data.aws_region.current.name}:${data.aws_caller_identity.current.account_id}:function:${var.name}",
          ]
        }
      }
    }]
  })
}

resource "aws_lambda_function" "this" {
  #checkov:skip=CKV_AWS_272:The zip is read file by file before it is deployed, and only who may apply can replace it.
  #checkov:skip=CKV_AWS_173:The key is a variable; the root module always gives one.
  function_name                  = var.name
  role                           = aws_iam_role.this.arn
  runtime                        = "python3.13"
  architectures                  = ["x86_64"]
  handler                        = var.settings.handler
  filename                       = var.package
  source_code_hash               = filebase64sha256(var.package)
  memory_size                    = var.settings.memory
  timeout                        = var.settings.timeout
  reserved_concurrent_executions = var.settings.concurrency
  kms_key_arn                    = var.kms_key_arn
  publish                        = true

  environment {
    variables = var.environment
  }
  vpc_config {
    subnet_ids         = var.subnet_ids
    security_group_ids = var.group_ids
  }
  tracing_config {
    mode = "Active"
  }
  dead_letter_config {
    target_arn = var.failed_queue_arn
  }

  # Without these it could neither log nor reach the database.
  depends_on = [aws_iam_role_policy.this, aws_cloudwatch_log_group.this]
}

# What calls the function calls this name, so that one command puts the former version back.
resource "aws_lambda_alias" "live" {
  name             = "live"
  function_name    = aws_lambda_function.this.function_name
  function_version = aws_lambda_function.this.version
}

resource "aws_lambda_provisioned_concurrency_config" "this" {
  count                             = var.provisioned > 0 ? 1 : 0
  function_name                     = aws_lambda_function.this.function_name
  qualifier                         = aws_lambda_alias.live.name
  provisioned_concurrent_executions = var.provisioned
}

# A schedule comes again by itself in a minute or five: nothing is tried twice, and what failed is kept to be seen.
resource "aws_lambda_function_event_invoke_config" "this" {
  function_name                = aws_lambda_function.this.function_name
  qualifier                    = aws_lambda_alias.live.name
  maximum_retry_attempts       = 0
  maximum_event_age_in_seconds = 60
}

output "name" {
  value = aws_lambda_function.this.function_name
}

output "alias" {
  value = aws_lambda_alias.live.name
}

output "arn" {
  description = "Of the version that serves."
  value       = aws_lambda_alias.live.arn
}

output "invoke_arn" {
  value = aws_lambda_alias.live.invoke_arn
}

output "policy" {
  description = "What its role allows, to be looked at."
  value       = aws_iam_role_policy.this.policy
}
