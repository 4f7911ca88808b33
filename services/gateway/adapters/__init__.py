"""Everything of the gateway that touches a socket, a database, a decoder or the bus."""
