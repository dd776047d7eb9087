# What of ../../terraform the emulated account can have: the very modules, without a key of their own. The others make
# what LocalStack's core has not (network, database, brokers, domain, WebSocket API), or what Chalice deploys here.

terraform {
  required_version = ">= 1.11"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "5.100.0"
    }
  }
}

# The account is found by AWS_ENDPOINT_URL, as every AWS tool finds it.
provider "aws" {
  skip_metadata_api_check     = true
  skip_credentials_validation = true
  skip_requesting_account_id  = true
}

variable "application" {
  type = object({
    name      = string
    functions = map(object({ queue = string, timeout = number }))
  })
  description = "What app.py declares, written by `python -m infra.settings`."
}

variable "urls" {
  type        = object({ this = map(string), dead = map(string), failed = string })
  description = "The queues that are there already: the provider waits half a minute for each that it makes itself."
}

import {
  for_each = var.urls.this
  to       = module.queues.aws_sqs_queue.this[each.key]
  id       = each.value
}

import {
  for_each = var.urls.dead
  to       = module.queues.aws_sqs_queue.dead[each.key]
  id       = each.value
}

import {
  for_each = var.urls.dead
  to       = module.queues.aws_sqs_queue_redrive_allow_policy.dead[each.key]
  id       = each.value
}

import {
  to = module.queues.aws_sqs_queue.failed
  id = var.urls.failed
}

module "queues" {
  source = "../../terraform/modules/queues"
  name   = var.application.name
  queues = {
    for key, function in var.application.functions :
    trimprefix(function.queue, "${var.application.name}-") => { timeout = function.timeout }
    if function.queue != ""
  }
}

module "secrets" {
  source        = "../../terraform/modules/secrets"
  name          = var.application.name
  recovery_days = 0
}

output "queues" {
  value = module.queues.names
}
