# Kafka on MSK: two small brokers to begin with, reached by IAM over TLS alone. Two replicas of everything, one of
# which may be missing: what a lost broker took with it the outbox can publish again.

variable "name" {
  type = string
}

variable "vpc_id" {
  type = string
}

variable "subnet_ids" {
  type = list(string)
}

variable "functions_group_id" {
  type = string
}

variable "size" {
  description = "The variable kafka of the installation."
  type = object({
    brokers  = number
    instance = string
    storage  = number
  })
}

variable "kms_key_arn" {
  type = string
}

variable "log_days" {
  type = number
}

locals {
  port = 9098
}

resource "aws_security_group" "this" {
  name        = "${var.name}-kafka"
  description = "The brokers, and the pollers of Lambda's event source mappings"
  vpc_id      = var.vpc_id
}

# Event source mappings poll from the brokers' own network and group.
resource "aws_vpc_security_group_ingress_rule" "pollers" {
  security_group_id            = aws_security_group.this.id
  description                  = "Event source mappings"
  referenced_security_group_id = aws_security_group.this.id
  ip_protocol                  = "tcp"
  from_port                    = local.port
  to_port                      = local.port
}

resource "aws_vpc_security_group_egress_rule" "pollers" {
  security_group_id            = aws_security_group.this.id
  description                  = "Event source mappings"
  referenced_security_group_id = aws_security_group.this.id
  ip_protocol                  = "tcp"
  from_port                    = local.port
  to_port                      = local.port
}

resource "aws_vpc_security_group_egress_rule" "lambda" {
  security_group_id = aws_security_group.this.id
  description       = "Event source mappings call Lambda and STS"
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}

resource "aws_vpc_security_group_ingress_rule" "functions" {
  security_group_id            = aws_security_group.this.id
  description                  = "The functions publish"
  referenced_security_group_id = var.functions_group_id
  ip_protocol                  = "tcp"
  from_port                    = local.port
  to_port                      = local.port
}

resource "aws_vpc_security_group_egress_rule" "functions" {
  security_group_id            = var.functions_group_id
  description                  = "Kafka"
  referenced_security_group_id = aws_security_group.this.id
  ip_protocol                  = "tcp"
  from_port                    = local.port
  to_port                      = local.port
}

resource "aws_msk_configuration" "this" {
  name           = var.name
  kafka_versions = ["3.8.x"]
  # A topic nobody made is a mistake; messages that are too large are refused by the producer before they get here.
  server_properties = <<-EOT
    auto.create.topics.enable=false
    default.replication.factor=2
    min.insync.replicas=1
    unclean.leader.election.enable=false
    log.retention.hours=168
    message.max.bytes=1048588
  EOT

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_cloudwatch_log_group" "this" {
  name              = "/aws/msk/${var.name}"
  retention_in_days = var.log_days
  kms_key_id        = var.kms_key_arn
}

resource "aws_msk_cluster" "this" {
  cluster_name           = var.name
  kafka_version          = "3.8.x"
  number_of_broker_nodes = var.size.brokers
  # Lag by consumer group is told at every level.
  enhanced_monitoring = "DEFAULT"

  broker_node_group_info {
    instance_type   = var.size.instance
    client_subnets  = var.subnet_ids
    security_groups = [aws_security_group.this.id]
    storage_info {
      ebs_storage_info {
        volume_size = var.size.storage
      }
    }
  }
  configuration_info {
    arn      = aws_msk_configuration.this.arn
    revision = aws_msk_configuration.this.latest_revision
  }
  client_authentication {
    unauthenticated = false
    sasl {
      iam = true
    }
  }
  encryption_info {
    encryption_at_rest_kms_key_arn = var.kms_key_arn
    encryption_in_transit {
      client_broker = "TLS"
      in_cluster    = true
    }
  }
  logging_info {
    broker_logs {
      cloudwatch_logs {
        enabled   = true
        log_group = aws_cloudwatch_log_group.this.name
      }
    }
  }
}

output "name" {
  value = aws_msk_cluster.this.cluster_name
}

output "arn" {
  value = aws_msk_cluster.this.arn
}

output "bootstrap" {
  description = "Brokers by IAM over TLS, comma-separated."
  value       = aws_msk_cluster.this.bootstrap_brokers_sasl_iam
}
