"""What leaves the process: messages through the outbox to Kafka, jobs' work through SQS, and mails."""
