"""Every message of the bus: frozen, strict when we speak, lenient when we listen. No I/O."""
