"""The HTTP API, `sparewheel serve`. `main.create_app` puts it together; `server` runs it."""
