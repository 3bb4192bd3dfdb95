"""Settings of the platform."""

SIGNING_KEY = "set when the platform is deployed"
