"""The tables that the asset database consists of."""

import sqlalchemy

metadata = sqlalchemy.MetaData()

assets = sqlalchemy.Table(
    "assets",
    metadata,
    sqlalchemy.Column("id", sqlalchemy.Integer, primary_key=True),
    sqlalchemy.Column("tenant_id", sqlalchemy.Integer, nullable=False),
    sqlalchemy.Column("name", sqlalchemy.Text, nullable=False),
    # A JSON object, as text.
    sqlalchemy.Column("attributes", sqlalchemy.Text, nullable=False),
)

api_keys = sqlalchemy.Table(
    "api_keys",
    metadata,
    sqlalchemy.Column("id", sqlalchemy.Integer, primary_key=True),
    sqlalchemy.Column("tenant_id", sqlalchemy.Integer, nullable=False),
    sqlalchemy.Column("api_key", sqlalchemy.Text, nullable=False),
)
