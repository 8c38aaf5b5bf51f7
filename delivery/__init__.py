"""After the meeting: a durable workflow brings the minutes to room, files and mailboxes."""
