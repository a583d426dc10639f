"""The plug-ins for general instructions: they use only what an outsider can use."""
