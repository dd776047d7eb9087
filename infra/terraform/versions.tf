terraform {
  required_version = ">= 1.11"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "5.100.0"
    }
  }
  # Bucket, key and region are given to `terraform init`: one bucket holds staging and production.
  backend "s3" {}
}

provider "aws" {
  region = var.region
  default_tags {
    tags = {
      application = var.application.name
      environment = var.environment
    }
  }
}
