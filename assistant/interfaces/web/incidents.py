"""Errors in words that people may see: no path, no traceback, an id that the log explains."""

from __future__ import annotations

import logging
import secrets

from assistant.errors import AssistantError

log = logging.getLogger(__name__)


def sentence_for(error: Exception) -> str:
    """Put an error in a sentence: our own as they are, others as an id that the log explains."""
    if isinstance(error, AssistantError):
        return str(error)
    incident = secrets.token_hex(4)
    log.error("incident %s", incident, exc_info=error)
    return f"Something went wrong here; the log has the details under {incident}."
