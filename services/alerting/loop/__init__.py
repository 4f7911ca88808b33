"""The closed loop: cases, orders, what schools answer, and who may decide what. Pure."""
