# PostgreSQL on RDS. Its owner is the log-in of migrations, whose password RDS makes, keeps and changes; the log-ins of
# handlers and jobs are made by the migration function with the passwords of their secrets.

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
  description = "The variable database of the installation."
  type = object({
    class           = string
    storage         = number
    storage_most    = number
    multi_az        = bool
    backup_days     = number
    max_connections = number
    protected       = bool
  })
}

variable "kms_key_arn" {
  type = string
}

resource "aws_db_subnet_group" "this" {
  name       = var.name
  subnet_ids = var.subnet_ids
}

resource "aws_security_group" "this" {
  name        = "${var.name}-database"
  description = "PostgreSQL"
  vpc_id      = var.vpc_id
}

resource "aws_vpc_security_group_ingress_rule" "functions" {
  security_group_id            = aws_security_group.this.id
  description                  = "The functions"
  referenced_security_group_id = var.functions_group_id
  ip_protocol                  = "tcp"
  from_port                    = 5432
  to_port                      = 5432
}

resource "aws_vpc_security_group_egress_rule" "functions" {
  security_group_id            = var.functions_group_id
  description                  = "PostgreSQL"
  referenced_security_group_id = aws_security_group.this.id
  ip_protocol                  = "tcp"
  from_port                    = 5432
  to_port                      = 5432
}

resource "aws_db_parameter_group" "this" {
  name_prefix = "${var.name}-"
  family      = "postgres16"

  dynamic "parameter" {
    for_each = {
      # A refused statement would stand in the log with its values: people's names, addresses, hours.
      log_min_error_statement    = "panic"
      log_error_verbosity        = "terse"
      log_min_duration_statement = "-1"
      log_statement              = "none"
      idle_session_timeout       = "3600000"
    }
    content {
      name  = parameter.key
      value = parameter.value
    }
  }
  parameter {
    name  = "rds.force_ssl"
    value = "1"
  }
  parameter {
    name         = "max_connections"
    value        = var.size.max_connections
    apply_method = "pending-reboot"
  }
  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_db_instance" "this" {
  #checkov:skip=CKV2_AWS_69:The parameter group above demands TLS (rds.force_ssl); the checker does not follow its name_prefix.
  #checkov:skip=CKV_AWS_161:Three log-ins with passwords in Secrets Manager; a token by IAM would have to be made for every connection.
  #checkov:skip=CKV2_AWS_30:Logging statements would log what people wrote; see the parameter group.
  #checkov:skip=CKV_AWS_157:Multi-AZ is a choice of the installation: production has it, staging has not.
  #checkov:skip=CKV_AWS_293:Protection against deletion is a choice of the installation: production has it.
  identifier     = var.name
  engine         = "postgres"
  engine_version = "16"
  instance_class = var.size.class
  db_name        = "rendezvous"

  username                      = "rendezvous"
  manage_master_user_password   = true
  master_user_secret_kms_key_id = var.kms_key_arn

  allocated_storage     = var.size.storage
  max_allocated_storage = var.size.storage_most
  storage_type          = "gp3"
  storage_encrypted     = true
  kms_key_id            = var.kms_key_arn

  db_subnet_group_name   = aws_db_subnet_group.this.name
  vpc_security_group_ids = [aws_security_group.this.id]
  publicly_accessible    = false
  multi_az               = var.size.multi_az
  parameter_group_name   = aws_db_parameter_group.this.name
  ca_cert_identifier     = "rds-ca-rsa2048-g1"

  # Point in time: every second of these days can be restored, into a database beside this one.
  backup_retention_period   = var.size.backup_days
  backup_window             = "02:00-03:00"
  maintenance_window        = "sun:03:30-sun:04:30"
  copy_tags_to_snapshot     = true
  delete_automated_backups  = false
  deletion_protection       = var.size.protected
  skip_final_snapshot       = !var.size.protected
  final_snapshot_identifier = "${var.name}-final"

  auto_minor_version_upgrade      = true
  performance_insights_enabled    = true
  performance_insights_kms_key_id = var.kms_key_arn
  monitoring_interval             = 60
  monitoring_role_arn             = aws_iam_role.monitoring.arn
  enabled_cloudwatch_logs_exports = ["postgresql", "upgrade"]
}

resource "aws_iam_role" "monitoring" {
  name = "${var.name}-database-monitoring"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "monitoring.rds.amazonaws.com" }
      Action    = "sts:AssumeRole"
    }]
  })
}

resource "aws_iam_role_policy_attachment" "monitoring" {
  role       = aws_iam_role.monitoring.name
  policy_arn = "arn:aws:iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole"
}

output "identifier" {
  value = aws_db_instance.this.identifier
}

output "host" {
  value = aws_db_instance.this.address
}

output "group_id" {
  description = "Security group of the database."
  value       = aws_security_group.this.id
}

output "owner_secret_arn" {
  description = "Where RDS keeps the password of the owner, who migrates."
  value       = aws_db_instance.this.master_user_secret[0].secret_arn
}
