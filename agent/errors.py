"""What people can mend: the command shows the message and no stack trace."""


class WorkerError(Exception):
    """The worker can't start; the message is one line and says what to do."""
