# The secrets' places. What is in them Terraform never learns, so it stands in no state: `python -m infra.keys` makes
# it. `keys` holds what links, codes and the filter are made with; `handlers` and `jobs` each a log-in of the database.
# The third log-in, of migrations, is the database's owner, whose secret RDS keeps.

variable "name" {
  type        = string
  description = "rendezvous-production: secrets are called NAME/keys, NAME/handlers, NAME/jobs."
}

variable "kms_key_arn" {
  type        = string
  description = "Null: encrypted by the account's own key."
  default     = null
}

variable "recovery_days" {
  type        = number
  description = "How long a deleted secret can be brought back; 0: not at all."
  default     = 30
}

locals {
  names = toset(["keys", "handlers", "jobs"])
}

resource "aws_secretsmanager_secret" "this" {
  #checkov:skip=CKV2_AWS_57:They are rotated by `python -m infra.keys`, which docs/deploy.md explains: two of them open what was sealed before.
  for_each                = local.names
  name                    = "${var.name}/${each.key}"
  kms_key_id              = var.kms_key_arn
  recovery_window_in_days = var.recovery_days
}

output "names" {
  value = { for key, secret in aws_secretsmanager_secret.this : key => secret.name }
}

output "arns" {
  value = { for key, secret in aws_secretsmanager_secret.this : key => secret.arn }
}
