"""The engine: records, requests, the loop that answers them, and the kinds of plug-ins it loads."""
