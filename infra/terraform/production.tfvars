environment         = "production"
region              = "eu-central-1"
domain              = "lunch.example.org"
dns_zone            = "Z0000000000000000000"
alarm_email         = "operators@example.org"
log_days            = 400
requests_per_second = 500

network = {
  cidr      = "10.10.0.0/16"
  zones     = ["eu-central-1a", "eu-central-1b"]
  endpoints = ["secretsmanager", "sqs"]
}

database = {
  class           = "db.t4g.small"
  storage         = 50
  storage_most    = 500
  multi_az        = true
  backup_days     = 35
  max_connections = 180
  protected       = true
}

kafka = {
  brokers  = 2
  instance = "kafka.t3.small"
  storage  = 50
}
