variable "environment" {
  type        = string
  description = "staging or production: stands in every name."
  validation {
    condition     = can(regex("^[a-z]{2,12}$", var.environment))
    error_message = "A word of 2 to 12 small letters."
  }
}

variable "region" {
  type = string
}

variable "domain" {
  type        = string
  description = "Where people find it, like lunch.example.org; mail comes from here too."
}

variable "dns_zone" {
  type        = string
  description = "Id of the Route 53 zone that holds the domain."
}

variable "alarm_email" {
  type        = string
  description = "Who is told of alarms."
}

variable "package" {
  type        = string
  default     = "../../build/lambda/deployment.zip"
  description = "The zip that `make package` built and verified."
}

variable "application" {
  description = "What app.py declares; written by `python -m infra.settings` into application.auto.tfvars.json."
  type = object({
    name            = string
    stage           = string
    compressed_from = number
    routes          = list(string)
    headers         = map(string)
    topics          = list(string)
    functions = map(object({
      kind        = string
      handler     = string
      schedule    = string
      queue       = string
      batch       = number
      topics      = list(string)
      route       = string
      memory      = number
      timeout     = number
      concurrency = number
      connections = number
      login       = string
      may         = list(string)
    }))
  })
}

variable "secrets_generation" {
  type        = number
  default     = 1
  description = "Raised by one after keys were rotated: every function then starts anew, and reads them."
}

variable "concurrency" {
  type        = map(number)
  default     = {}
  description = "Function -> how many of it run at once, where that differs from infra/settings.py."
}

variable "provisioned" {
  type        = map(number)
  default     = {}
  description = "Function -> environments that are kept warm."
}

variable "network" {
  description = "Range of addresses, the zones, and the services that are reached without the NAT gateway."
  type = object({
    cidr      = string
    zones     = list(string)
    endpoints = list(string)
  })
}

variable "database" {
  description = "Size and safety of PostgreSQL."
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

variable "database_proxy" {
  type        = bool
  default     = false
  description = "RDS Proxy: it pins every session of ours, so it is off until that is known to pay."
}

variable "kafka" {
  description = "Two brokers or more, a zone each."
  type = object({
    brokers  = number
    instance = string
    storage  = number
  })
}

variable "log_days" {
  type        = number
  description = "How long logs are kept."
}

variable "requests_per_second" {
  type        = number
  description = "What API Gateway lets through; beyond it answers 429."
}
