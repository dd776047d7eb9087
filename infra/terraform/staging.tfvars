# A full-size rehearsal at the smallest price: one zone of the database, short memory, no protection against deletion.
environment         = "staging"
region              = "eu-central-1"
domain              = "staging.lunch.example.org"
dns_zone            = "Z0000000000000000000"
alarm_email         = "operators@example.org"
log_days            = 30
requests_per_second = 50

network = {
  cidr      = "10.20.0.0/16"
  zones     = ["eu-central-1a", "eu-central-1b"]
  endpoints = []
}

database = {
  class           = "db.t4g.micro"
  storage         = 20
  storage_most    = 50
  multi_az        = false
  backup_days     = 7
  max_connections = 100
  protected       = false
}

kafka = {
  brokers  = 2
  instance = "kafka.t3.small"
  storage  = 10
}

concurrency = {
  api_handler  = 10
  mailer       = 3
  live_updates = 3

  websocket_connect    = 4
  websocket_disconnect = 4
}
