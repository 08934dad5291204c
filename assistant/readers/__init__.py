"""Stage 6, read: from retrieved passages to quotes, or to an explained abstention."""

from assistant.readers.base import Reader

__all__ = ["Reader"]
