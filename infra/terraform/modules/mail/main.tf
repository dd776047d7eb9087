# SES: the domain signed by DKIM, with SPF and DMARC; what bounced or was complained of is counted.

variable "name" {
  type = string
}

variable "domain" {
  type = string
}

variable "dns_zone" {
  type = string
}

data "aws_region" "current" {}

resource "aws_sesv2_configuration_set" "this" {
  configuration_set_name = var.name
  delivery_options {
    tls_policy = "REQUIRE"
  }
  reputation_options {
    reputation_metrics_enabled = true
  }
  suppression_options {
    suppressed_reasons = ["BOUNCE", "COMPLAINT"]
  }
}

resource "aws_sesv2_email_identity" "this" {
  email_identity         = var.domain
  configuration_set_name = aws_sesv2_configuration_set.this.configuration_set_name
}

resource "aws_sesv2_email_identity_mail_from_attributes" "this" {
  email_identity   = aws_sesv2_email_identity.this.email_identity
  mail_from_domain = "bounce.${var.domain}"
}

# The tokens by which SES signs are known when the identity is there.
data "aws_sesv2_email_identity" "this" {
  email_identity = aws_sesv2_email_identity.this.email_identity
}

locals {
  tokens = data.aws_sesv2_email_identity.this.dkim_signing_attributes[0].tokens
  records = merge(
    {
      for number in range(3) : "dkim${number}" => {
        name  = "${local.tokens[number]}._domainkey.${var.domain}"
        type  = "CNAME"
        value = "${local.tokens[number]}.dkim.amazonses.com"
      }
    },
    {
      dmarc = { name = "_dmarc.${var.domain}", type = "TXT", value = "v=DMARC1; p=quarantine; adkim=r; aspf=r" }
      spf   = { name = "bounce.${var.domain}", type = "TXT", value = "v=spf1 include:amazonses.com -all" }
      mx = {
        name  = "bounce.${var.domain}"
        type  = "MX"
        value = "10 feedback-smtp.${data.aws_region.current.name}.amazonses.com"
      }
    },
  )
}

resource "aws_route53_record" "this" {
  for_each = toset(["dkim0", "dkim1", "dkim2", "dmarc", "spf", "mx"])
  zone_id  = var.dns_zone
  name     = local.records[each.key].name
  type     = local.records[each.key].type
  ttl      = 3600
  records  = [local.records[each.key].value]
}

output "identity_arn" {
  value = aws_sesv2_email_identity.this.arn
}

output "from" {
  value = "rendezvous@${var.domain}"
}

output "records" {
  value = { for record in values(local.records) : "${record.type} ${record.name}" => record.value }
}
