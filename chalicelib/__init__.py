"""What the Lambda functions run: one folder for each thing that people do."""
