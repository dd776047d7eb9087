"""The deployed system on one machine: LocalStack's control plane and API Gateway, its Lambdas local processes."""
