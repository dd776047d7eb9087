mock_provider "aws" {
  mock_resource "aws_db_instance" {
    defaults = {
      master_user_secret = [{ secret_arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:owner-abcdef", kms_key_id = "", secret_status = "" }]
    }
  }
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/mocked" }
  }
}

variables {
  name               = "test"
  vpc_id             = "vpc-1"
  subnet_ids         = ["subnet-1", "subnet-2"]
  functions_group_id = "sg-1"
  kms_key_arn        = "arn:aws:kms:eu-central-1:123456789012:key/00000000-0000-0000-0000-000000000001"
  size = {
    class = "db.t4g.small", storage = 20, storage_most = 100, multi_az = true, backup_days = 35, max_connections = 100, protected = true
  }
}

run "what_people_wrote_is_safe" {
  command = apply
  module {
    source = "./modules/database"
  }
  assert {
    condition     = aws_db_instance.this.storage_encrypted && !aws_db_instance.this.publicly_accessible
    error_message = "Encrypted, and reached from inside alone."
  }
  assert {
    condition     = aws_db_instance.this.backup_retention_period == 35 && aws_db_instance.this.deletion_protection && !aws_db_instance.this.skip_final_snapshot && !aws_db_instance.this.delete_automated_backups
    error_message = "Backups outlive the database."
  }
  assert {
    condition     = aws_db_instance.this.manage_master_user_password
    error_message = "No password in a variable or a state."
  }
  assert {
    condition = {
      for parameter in aws_db_parameter_group.this.parameter : parameter.name => parameter.value
      if contains(["log_min_error_statement", "log_error_verbosity", "log_min_duration_statement", "rds.force_ssl"], parameter.name)
    } == { log_min_error_statement = "panic", log_error_verbosity = "terse", log_min_duration_statement = "-1", "rds.force_ssl" = "1" }
    error_message = "A refused statement must not stand in the log with its values, and nobody comes without TLS."
  }
}
