"""Settings of the platform. The deployment fills in the secret ones at start-up."""

DEFAULT_CURRENCY = "EUR"
MAIL_SERVER = "mail.internal"
MAIL_PASSWORD = ""
