"""What people leave behind: conversations and opinions, on the server."""
