"""People, their invitations and their sessions."""
