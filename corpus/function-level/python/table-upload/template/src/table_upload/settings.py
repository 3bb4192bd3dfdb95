"""Settings of the service."""

UPLOAD_KEY = "set when the service is deployed"
