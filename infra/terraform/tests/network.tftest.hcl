mock_provider "aws" {}

variables {
  name        = "test"
  cidr        = "10.0.0.0/16"
  zones       = ["eu-central-1a", "eu-central-1b", "eu-central-1c"]
  endpoints   = ["sqs"]
  kms_key_arn = "arn:aws:kms:eu-central-1:123456789012:key/1"
  log_days    = 30
}

run "a_subnet_a_zone_and_one_nat_gateway" {
  command = plan
  module {
    source = "./modules/network"
  }
  assert {
    condition     = length(aws_subnet.private) == 3 && alltrue([for subnet in aws_subnet.private : subnet.map_public_ip_on_launch != true])
    error_message = "One private subnet in each zone."
  }
  assert {
    condition     = length(distinct(concat([for subnet in aws_subnet.private : subnet.cidr_block], [aws_subnet.public.cidr_block]))) == 4
    error_message = "Subnets do not overlap."
  }
}

run "an_endpoint_of_execute_api_is_refused" {
  command = plan
  module {
    source = "./modules/network"
  }
  variables {
    endpoints = ["execute-api"]
  }
  expect_failures = [aws_vpc_endpoint.service["execute-api"]]
}
