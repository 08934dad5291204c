"""Every error the project raises on purpose. Each message is one sentence: the rule, the value met, the next step.

AssistantError
├── UsageError           the caller asked for something that cannot be (command line: exit status 2)
│   └── QuestionError    an empty or oversized question
├── UnreadableFile       one file cannot become a document; the build goes on without it
├── IndexUnusable        there is no index to ask
│   ├── IndexMissing     nothing was built yet
│   ├── IndexDamaged     a file of the index is not what was written
│   └── IndexForeign     built by another model, another version, or not an index of ours
├── IndexBusy            another build holds the lock
├── BuildFailed          a build could not be completed; the old index is untouched
│   └── BuildCancelled   somebody stopped it
├── ModelUnusable        the embedding model cannot be loaded or does not fit
└── DimensionMismatch    vectors of one dimension met an index of another
"""


class AssistantError(Exception):
    """The base of all errors meant for people."""


class UsageError(AssistantError):
    """Wrong use of a command or function."""


class QuestionError(UsageError):
    """A question that cannot be asked: empty, or too long."""


class UnreadableFile(AssistantError):
    """A file that cannot become a document; its message is the reason, one clean line without paths."""


class IndexUnusable(AssistantError):
    """There is no index that could be asked."""


class IndexMissing(IndexUnusable):
    """No index was built yet."""


class IndexDamaged(IndexUnusable):
    """A file of the index is missing or is not what the build wrote."""


class IndexForeign(IndexUnusable):
    """The index was built by another model or version, or is not an index of ours."""


class IndexBusy(AssistantError):
    """Another build is running on this index."""


class BuildFailed(AssistantError):
    """A build could not be completed; the index in use is as it was."""


class BuildCancelled(BuildFailed):
    """A build was stopped on purpose; the next one goes on from what was done."""


class ModelUnusable(AssistantError):
    """The embedding model cannot be loaded."""


class DimensionMismatch(AssistantError):
    """Vectors of one dimension met an index of another."""
