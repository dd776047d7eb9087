output "site" {
  value = "https://${var.domain}"
}

output "functions" {
  description = "Names of the Lambda functions, for `aws lambda invoke` and the logs."
  value       = merge({ migrate = module.migrate.name }, { for key, function in module.functions : key => function.name })
}

output "database" {
  description = "Identifier of the database, for snapshots and restores."
  value       = module.database.identifier
}

output "secrets" {
  description = "Names of the secrets that `python -m infra.keys` fills."
  value       = module.secrets.names
}

output "name_servers_to_check" {
  description = "Records that must be visible before mail is sent."
  value       = module.mail.records
}
