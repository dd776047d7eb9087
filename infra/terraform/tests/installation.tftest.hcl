# Plans and applies the whole installation against a provider that only pretends: no account, no endpoint. It is run
# for staging and for production (make terraform).

mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }
  mock_data "aws_region" {
    defaults = { name = "eu-central-1" }
  }
  mock_resource "aws_kms_key" {
    defaults = { arn = "arn:aws:kms:eu-central-1:123456789012:key/00000000-0000-0000-0000-000000000001" }
  }
  mock_resource "aws_msk_cluster" {
    defaults = {
      arn                        = "arn:aws:kafka:eu-central-1:123456789012:cluster/rendezvous-test/00000000-0000-0000-0000-000000000002-2"
      bootstrap_brokers_sasl_iam = "b-1.example:9098,b-2.example:9098"
    }
  }
  mock_resource "aws_msk_configuration" {
    defaults = { arn = "arn:aws:kafka:eu-central-1:123456789012:configuration/rendezvous-test/1", latest_revision = 1 }
  }
  mock_resource "aws_db_instance" {
    defaults = {
      address            = "database.example"
      master_user_secret = [{ secret_arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:owner-abcdef", kms_key_id = "", secret_status = "" }]
    }
  }
  mock_resource "aws_sqs_queue" {
    defaults = { arn = "arn:aws:sqs:eu-central-1:123456789012:queue" }
  }
  mock_resource "aws_secretsmanager_secret" {
    defaults = { arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:mocked-abcdef" }
  }
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/mocked" }
  }
  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:eu-central-1:123456789012:log-group:mocked" }
  }
  mock_resource "aws_lambda_function" {
    defaults = { arn = "arn:aws:lambda:eu-central-1:123456789012:function:mocked", version = "7" }
  }
  mock_resource "aws_lambda_alias" {
    defaults = {
      arn        = "arn:aws:lambda:eu-central-1:123456789012:function:mocked:live"
      invoke_arn = "arn:aws:apigateway:eu-central-1:lambda:path/2015-03-31/functions/mocked:live/invocations"
    }
  }
  mock_resource "aws_api_gateway_rest_api" {
    defaults = { execution_arn = "arn:aws:execute-api:eu-central-1:123456789012:rest" }
  }
  mock_resource "aws_apigatewayv2_api" {
    defaults = { execution_arn = "arn:aws:execute-api:eu-central-1:123456789012:sockets", id = "sockets" }
  }
  mock_resource "aws_cloudwatch_event_rule" {
    defaults = { arn = "arn:aws:events:eu-central-1:123456789012:rule/mocked" }
  }
  mock_resource "aws_sns_topic" {
    defaults = { arn = "arn:aws:sns:eu-central-1:123456789012:mocked" }
  }
  mock_resource "aws_acm_certificate" {
    defaults = {
      arn = "arn:aws:acm:eu-central-1:123456789012:certificate/mocked"
      domain_validation_options = [{
        domain_name = "lunch.example.org", resource_record_name = "_x", resource_record_type = "CNAME", resource_record_value = "_y"
      }]
    }
  }
  mock_resource "aws_acm_certificate_validation" {
    defaults = { certificate_arn = "arn:aws:acm:eu-central-1:123456789012:certificate/mocked" }
  }
  mock_resource "aws_sesv2_email_identity" {
    defaults = { arn = "arn:aws:ses:eu-central-1:123456789012:identity/lunch.example.org" }
  }
  mock_data "aws_sesv2_email_identity" {
    defaults = { dkim_signing_attributes = [{ tokens = ["one", "two", "three"] }] }
  }
}

variables {
  # Only its hash matters here.
  package = "main.tf"
}

run "installation" {
  command = apply

  assert {
    condition     = toset(module.api.paths) == toset(var.application.routes)
    error_message = "A route of app.py is missing from the API, or one too many is there."
  }
  assert {
    condition     = length(output.functions) == length(var.application.functions)
    error_message = "Each function of app.py is one Lambda."
  }
  assert {
    condition     = output.functions["mailer"] == "rendezvous-${var.environment}-mailer"
    error_message = "A function's name says the installation."
  }
  assert {
    condition     = module.queues.names == { rounds = "rendezvous-${var.environment}-rounds" }
    error_message = "The queue of rounds has the installation's name."
  }
  assert {
    condition     = length(module.queues.dead) == 2
    error_message = "Each queue has one for what failed, and schedules have theirs."
  }

  # --- the roles ---

  # Without a resource that could be named: network interfaces, traces, and what a mapping looks at.
  assert {
    condition = alltrue(flatten([
      for function in concat([module.migrate], values(module.functions)) : [
        for statement in jsondecode(function.policy).Statement : contains(["BeInTheNetwork", "Trace", "MappingsNetwork"], statement.Sid)
        || !anytrue([for resource in statement.Resource : resource == "*"])
      ]
    ]))
    error_message = "A statement allows something on every resource."
  }
  assert {
    condition = alltrue(flatten([
      for function in concat([module.migrate], values(module.functions)) : [
        for statement in jsondecode(function.policy).Statement : !anytrue([for action in statement.Action : endswith(action, "*")])
      ]
    ]))
    error_message = "A statement allows every action of a service."
  }
  assert {
    condition = alltrue([
      for function in module.functions : !strcontains(function.policy, "secret:owner-")
    ])
    error_message = "Only who migrates may read the owner's password."
  }
  assert {
    condition = toset([
      for key, function in module.functions : key if strcontains(function.policy, "ses:SendRawEmail")
    ]) == toset([for key, function in var.application.functions : key if contains(function.may, "mail")])
    error_message = "Only who sends mail may."
  }
  assert {
    condition     = !strcontains(module.functions["api_handler"].policy, "kafka-cluster") && !strcontains(module.functions["api_handler"].policy, "sqs:ReceiveMessage")
    error_message = "A request touches neither Kafka nor a queue."
  }
  assert {
    condition     = alltrue([for function in concat([module.migrate], values(module.functions)) : length(function.policy) < 10240])
    error_message = "IAM takes 10,240 characters for the policies within a role."
  }
  assert {
    condition     = strcontains(module.functions["live_updates"].policy, ":sockets/live/POST/@connections/*")
    error_message = "Live updates write to sockets."
  }
  assert {
    condition = alltrue([
      for key, function in module.functions : !strcontains(function.policy, "kafka-cluster:WriteData") if key != "relay"
    ])
    error_message = "The relay alone publishes."
  }
  assert {
    condition     = strcontains(module.functions["relay"].policy, ":topic/rendezvous-test/00000000-0000-0000-0000-000000000002-2/Event_53")
    error_message = "The relay publishes to every topic, each by its name."
  }
}

# What is a switch is on here, and more functions may run than the database has connections for.
run "connections_that_the_database_does_not_take_are_told" {
  command = plan
  variables {
    concurrency    = { api_handler = 1000 }
    provisioned    = { api_handler = 5 }
    database_proxy = true
  }
  assert {
    condition     = length(module.database_proxy) == 1
    error_message = "The proxy is a switch."
  }
  expect_failures = [check.connections]
}
