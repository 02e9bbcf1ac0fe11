"""What ran: the version, the commit, the machine; and what it did: spans, tokens, cost."""
