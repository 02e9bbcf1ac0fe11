"""What ran: the version, the commit, the machine."""
