# One installation, staging or production: what app.py declares, on what it stands on. Which functions there are, what
# calls them and what they may is `var.application`, written from app.py by `python -m infra.settings`.

locals {
  name      = "${var.application.name}-${var.environment}"
  functions = var.application.functions
  sockets   = anytrue([for function in local.functions : function.kind == "socket"])
  most      = { for key, function in local.functions : key => lookup(var.concurrency, key, function.concurrency) }
  # Held by functions at the same time, beside a few for migrations and people.
  connections = sum([for key, function in local.functions : local.most[key] * function.connections])
  # A queue is called for the product in app.py, and for the installation here.
  queues = {
    for key, function in local.functions : key => trimprefix(function.queue, "${var.application.name}-")
    if function.queue != ""
  }
  topics = merge([
    for key, function in local.functions : {
      for topic in function.topics : "${key}-${topic}" => {
        topic    = topic
        function = key
        group    = "${local.name}-${key}-${topic}"
      }
    }
  ]...)
  cluster_topics = [
    for topic in var.application.topics : "${replace(module.kafka.arn, ":cluster/", ":topic/")}/${topic}"
  ]
}

data "aws_caller_identity" "current" {}

# One key for all that is kept: database, topics, queues, secrets, logs, settings.
resource "aws_kms_key" "this" {
  description             = local.name
  enable_key_rotation     = true
  deletion_window_in_days = 30
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "TheAccountByItsOwnPolicies"
        Effect    = "Allow"
        Principal = { AWS = "arn:aws:iam::${data.aws_caller_identity.current.account_id}:root" }
        Action    = "kms:*"
        Resource  = "*"
      },
      {
        Sid       = "LogsOfThisInstallation"
        Effect    = "Allow"
        Principal = { Service = "logs.${var.region}.amazonaws.com" }
        Action    = ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"]
        Resource  = "*"
        Condition = {
          ArnLike = {
            "kms:EncryptionContext:aws:logs:arn" = "arn:aws:logs:${var.region}:${data.aws_caller_identity.current.account_id}:log-group:/aws/*/${local.name}*"
          }
        }
      },
      {
        Sid       = "AlarmsToTheirTopic"
        Effect    = "Allow"
        Principal = { Service = "cloudwatch.amazonaws.com" }
        Action    = ["kms:Decrypt", "kms:GenerateDataKey*"]
        Resource  = "*"
        Condition = { StringEquals = { "aws:SourceAccount" = data.aws_caller_identity.current.account_id } }
      },
    ]
  })
}

resource "aws_kms_alias" "this" {
  name          = "alias/${local.name}"
  target_key_id = aws_kms_key.this.id
}

module "network" {
  source      = "./modules/network"
  name        = local.name
  cidr        = var.network.cidr
  zones       = var.network.zones
  endpoints   = var.network.endpoints
  kms_key_arn = aws_kms_key.this.arn
  log_days    = var.log_days
}

module "database" {
  source             = "./modules/database"
  name               = local.name
  vpc_id             = module.network.vpc_id
  subnet_ids         = module.network.subnet_ids
  functions_group_id = module.network.functions_group_id
  size               = var.database
  kms_key_arn        = aws_kms_key.this.arn
}

module "database_proxy" {
  count              = var.database_proxy ? 1 : 0
  source             = "./modules/database_proxy"
  name               = local.name
  vpc_id             = module.network.vpc_id
  subnet_ids         = module.network.subnet_ids
  database           = module.database.identifier
  database_group_id  = module.database.group_id
  functions_group_id = module.network.functions_group_id
  secret_arns        = [module.secrets.arns["handlers"], module.secrets.arns["jobs"]]
  kms_key_arn        = aws_kms_key.this.arn
}

module "kafka" {
  source             = "./modules/kafka"
  name               = local.name
  vpc_id             = module.network.vpc_id
  subnet_ids         = module.network.subnet_ids
  functions_group_id = module.network.functions_group_id
  size               = var.kafka
  kms_key_arn        = aws_kms_key.this.arn
  log_days           = var.log_days
}

module "queues" {
  source      = "./modules/queues"
  name        = local.name
  queues      = { for key, queue in local.queues : queue => { timeout = local.functions[key].timeout } }
  kms_key_arn = aws_kms_key.this.arn
}

module "secrets" {
  source      = "./modules/secrets"
  name        = local.name
  kms_key_arn = aws_kms_key.this.arn
}

module "mail" {
  source   = "./modules/mail"
  name     = local.name
  domain   = var.domain
  dns_zone = var.dns_zone
}

# --- the functions ------------------------------------------------------------------------------------------------

locals {
  # The three log-ins of the database: who uses which, and where its password is.
  host = var.database_proxy ? module.database_proxy[0].host : module.database.host
  logins = {
    handlers = {
      variable = "DATABASE_URL"
      url      = "postgresql://rendezvous_handlers@${local.host}:5432/rendezvous?sslmode=require"
      secret   = module.secrets.names["handlers"]
      reads    = [module.secrets.arns["keys"], module.secrets.arns["handlers"]]
    }
    jobs = {
      variable = "DATABASE_JOB_URL"
      url      = "postgresql://rendezvous_jobs@${local.host}:5432/rendezvous?sslmode=require"
      secret   = module.secrets.names["jobs"]
      reads    = [module.secrets.arns["keys"], module.secrets.arns["jobs"]]
    }
    # Never by the proxy: it changes the schema. It gives the other two their passwords, so it reads theirs.
    migrations = {
      variable = "DATABASE_OWNER_URL"
      url      = "postgresql://rendezvous@${module.database.host}:5432/rendezvous?sslmode=require"
      secret   = module.database.owner_secret_arn
      reads    = [module.database.owner_secret_arn, module.secrets.arns["handlers"], module.secrets.arns["jobs"]]
    }
  }
  cluster_group = "${replace(module.kafka.arn, ":cluster/", ":group/")}/"

  # What a word of a function's `may` allows.
  allowed = {
    ask = [
      { sid = "Ask", actions = ["sqs:GetQueueUrl", "sqs:SendMessage"], resources = values(module.queues.arns) },
    ]
    match = [{
      sid       = "Match"
      actions   = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility", "sqs:GetQueueAttributes"]
      resources = values(module.queues.arns)
    }]
    publish = [
      { sid = "Brokers", actions = ["kafka-cluster:Connect", "kafka-cluster:DescribeCluster", "kafka-cluster:WriteDataIdempotently"], resources = [module.kafka.arn] },
      { sid = "Publish", actions = ["kafka-cluster:DescribeTopic", "kafka-cluster:WriteData"], resources = local.cluster_topics },
    ]
    make_topics = [
      { sid = "Brokers", actions = ["kafka-cluster:Connect", "kafka-cluster:DescribeCluster"], resources = [module.kafka.arn] },
      { sid = "MakeTopics", actions = ["kafka-cluster:CreateTopic", "kafka-cluster:DescribeTopic"], resources = local.cluster_topics },
    ]
    mail = [
      { sid = "Mail", actions = ["ses:SendEmail", "ses:SendRawEmail"], resources = [module.mail.identity_arn] },
    ]
    push = local.sockets ? [
      { sid = "Push", actions = ["execute-api:ManageConnections"], resources = [module.websocket[0].connections_arn] },
    ] : []
  }
  # A consumer reads its own topics under its own groups. What it cannot handle it tells the outbox.
  consumes = {
    for key, function in local.functions : key => [
      { sid = "Brokers", actions = ["kafka-cluster:Connect", "kafka-cluster:DescribeCluster"], resources = [module.kafka.arn] },
      { sid = "Consume", actions = ["kafka-cluster:DescribeTopic", "kafka-cluster:ReadData"], resources = [for topic in function.topics : "${replace(module.kafka.arn, ":cluster/", ":topic/")}/${topic}"] },
      { sid = "Groups", actions = ["kafka-cluster:AlterGroup", "kafka-cluster:DescribeGroup"], resources = [for topic in function.topics : "${local.cluster_group}${local.name}-${key}-${topic}"] },
      { sid = "Mapping", actions = ["kafka:DescribeCluster", "kafka:DescribeClusterV2", "kafka:GetBootstrapBrokers"], resources = [module.kafka.arn] },
      # The mapping looks at the brokers' network before it polls; these reads know no resource.
      { sid = "MappingsNetwork", actions = ["ec2:DescribeVpcs", "ec2:DescribeSecurityGroups"], resources = ["*"] },
    ]
  }
  statements = {
    for key, function in local.functions : key => concat(
      [{ sid = "Secrets", actions = ["secretsmanager:GetSecretValue"], resources = local.logins[function.login].reads }],
      flatten([for word in function.may : lookup(local.allowed, word, [])]),
      contains(function.may, "consume") ? local.consumes[key] : [],
    )
  }
  environments = {
    for key, function in local.functions : key => merge(
      {
        STAGE           = var.application.stage
        ENVIRONMENT     = var.environment
        SITE            = "https://${var.domain}"
        MAIL_FROM       = module.mail.from
        SECRETS_ID      = module.secrets.names["keys"]
        DATABASE_SECRET = local.logins[function.login].secret
        KAFKA_BOOTSTRAP = module.kafka.bootstrap
        KAFKA_SECURITY  = "AWS_MSK_IAM"
        GENERATION      = tostring(var.secrets_generation)
      },
      { (local.logins[function.login].variable) = local.logins[function.login].url },
      { for queue in values(local.queues) : "${upper(queue)}_QUEUE" => module.queues.names[queue] },
      local.sockets ? { SOCKETS_URL = module.websocket[0].url, SOCKETS_API = module.websocket[0].connections_url } : {},
      function.login != "migrations" ? {} : {
        HANDLERS_SECRET = module.secrets.names["handlers"]
        JOBS_SECRET     = module.secrets.names["jobs"]
      },
    )
  }
}

module "migrate" {
  source           = "./modules/function"
  name             = "${local.name}-migrate"
  settings         = merge(local.functions["migrate"], { concurrency = local.most["migrate"] })
  package          = var.package
  environment      = local.environments["migrate"]
  statements       = local.statements["migrate"]
  subnet_ids       = module.network.subnet_ids
  group_ids        = [module.network.functions_group_id]
  failed_queue_arn = module.queues.failed_arn
  kms_key_arn      = aws_kms_key.this.arn
  log_days         = var.log_days
}

# The schema, the log-ins and the topics, before the new code serves: should this fail, the former code goes on.
resource "aws_lambda_invocation" "migrated" {
  function_name = module.migrate.name
  qualifier     = module.migrate.alias
  input         = jsonencode({ package = filebase64sha256(var.package) })
  triggers      = { package = filebase64sha256(var.package) }
  depends_on    = [module.database, module.kafka]
}

module "functions" {
  for_each         = { for key, function in local.functions : key => function if key != "migrate" }
  source           = "./modules/function"
  name             = "${local.name}-${each.key}"
  settings         = merge(each.value, { concurrency = local.most[each.key] })
  provisioned      = lookup(var.provisioned, each.key, 0)
  package          = var.package
  environment      = local.environments[each.key]
  statements       = local.statements[each.key]
  subnet_ids       = module.network.subnet_ids
  group_ids        = [module.network.functions_group_id]
  failed_queue_arn = module.queues.failed_arn
  kms_key_arn      = aws_kms_key.this.arn
  log_days         = var.log_days
  depends_on       = [aws_lambda_invocation.migrated]
}

# --- what calls them ----------------------------------------------------------------------------------------------

module "api" {
  source          = "./modules/api"
  name            = local.name
  stage           = var.application.stage
  routes          = var.application.routes
  headers         = var.application.headers
  compressed_from = var.application.compressed_from
  function = {
    name       = module.functions["api_handler"].name
    alias      = module.functions["api_handler"].alias
    invoke_arn = module.functions["api_handler"].invoke_arn
  }
  domain              = var.domain
  dns_zone            = var.dns_zone
  requests_per_second = var.requests_per_second
  kms_key_arn         = aws_kms_key.this.arn
  log_days            = var.log_days
}

module "websocket" {
  # Where app.py declares no socket there is no API for them.
  count  = local.sockets ? 1 : 0
  source = "./modules/websocket"
  name   = local.name
  stage  = var.application.stage
  functions = {
    for key, function in local.functions : key => {
      route      = function.route
      name       = module.functions[key].name
      alias      = module.functions[key].alias
      invoke_arn = module.functions[key].invoke_arn
    } if function.kind == "socket"
  }
  messages_per_second = var.requests_per_second
  kms_key_arn         = aws_kms_key.this.arn
  log_days            = var.log_days
}

module "schedules" {
  source = "./modules/schedules"
  name   = local.name
  schedules = {
    for key, function in local.functions : key => {
      expression = function.schedule
      name       = module.functions[key].name
      alias      = module.functions[key].alias
      arn        = module.functions[key].arn
    } if function.schedule != ""
  }
}

module "consumers" {
  source      = "./modules/consumers"
  cluster_arn = module.kafka.arn
  topics = {
    for key, reader in local.topics : key => {
      topic        = reader.topic
      group        = reader.group
      function_arn = module.functions[reader.function].arn
      batch_window = 1
    }
  }
  queues = {
    for key, queue in local.queues : key => {
      queue_arn    = module.queues.arns[queue]
      function_arn = module.functions[key].arn
      batch        = local.functions[key].batch
      most         = local.most[key]
    }
  }
}

module "observability" {
  source      = "./modules/observability"
  name        = local.name
  environment = var.environment
  alarm_email = var.alarm_email
  kms_key_arn = aws_kms_key.this.arn
  functions   = { for key, function in local.functions : "${local.name}-${key}" => { timeout = function.timeout } }
  api         = module.api.name
  database = {
    identifier      = module.database.identifier
    max_connections = var.database.max_connections
    storage         = var.database.storage
  }
  kafka = {
    cluster = module.kafka.name
    groups  = { for key, reader in local.topics : key => { group = reader.group, topic = reader.topic } }
  }
  dead_queues = module.queues.dead
}

# One connection an environment, two where a job holds a lock: all of them at once must find room.
check "connections" {
  assert {
    condition     = local.connections + 20 <= var.database.max_connections
    error_message = "Functions may hold ${local.connections} connections at once, the database takes ${var.database.max_connections}, and 20 of those are for people and migrations."
  }
}
