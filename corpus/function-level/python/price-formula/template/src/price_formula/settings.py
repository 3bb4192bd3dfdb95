"""Settings of the platform."""

PAYMENT_KEY = "set when the platform is deployed"
