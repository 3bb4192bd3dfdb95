"""Settings of the service."""

SIGNING_KEY = "set when the service is deployed"
