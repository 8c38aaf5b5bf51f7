"""More speakers than there is room for, and a process that is killed again and again."""
