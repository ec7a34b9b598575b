"""The library. Start reading at chain.py; the documented door is `sparewheel.open_chain`."""
