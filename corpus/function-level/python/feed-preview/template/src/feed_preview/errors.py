"""Why a preview could not be made."""


class PreviewError(Exception):
    """There is no document to make a preview from."""


class OriginNotAllowed(PreviewError):
    """The document's origin is not among the permitted ones."""
